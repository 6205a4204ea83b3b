//! How the errors of tasks become those of terminals. Most conversions are required in the block: there is one function
//! per pair of an error type and the error type that it becomes, so that a missing `From` is one error. The conversions
//! of a private task with dependents are required only where its terminal is awaited, which is rare: layered errors
//! then need only the conversions into errors that callers see.

use std::collections::HashMap;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;

use super::{Expansion, Header, lints_of_types, mentions_self_lifetime, terminal};
use crate::analyse::{Dag, Reachable, Task, type_name};

/// The conversions of a block.
pub(crate) struct Conversions {
    /// For each function: the position of the first task that fails with the error, the error, the error type that it
    /// becomes, and the position of the first task that needs the function.
    functions: Vec<Function>,
    /// The function to call, by the position of a terminal's task and the number of a failure.
    calls: HashMap<(usize, usize), usize>,
    /// For each task, whether its conversions are required only where its terminal is awaited.
    deferred: Vec<bool>,
}

struct Function {
    failing: usize,
    target: TokenStream,
    at: Span,
}

impl Conversions {
    /// Returns no conversions: the state before they are found.
    pub(super) fn none() -> Self {
        Self { functions: Vec::new(), calls: HashMap::new(), deferred: Vec::new() }
    }

    pub(super) fn find(expansion: &Expansion<'_>) -> Self {
        let tasks = &expansion.dag.tasks;
        let is_deferrable = !mentions_self_lifetime(expansion.failure_type());
        let deferred = (0..tasks.len()).map(|position| is_deferrable && may_be_deferred(expansion, position)).collect();
        let mut found = Self { deferred, ..Self::none() };
        let mut known = HashMap::new();
        for (position, task) in tasks.iter().enumerate() {
            if found.deferred[position] {
                continue;
            }
            let Some(target) = expansion.terminal_error(task) else { continue };
            for reachable in foreign(expansion.dag, task) {
                let key = (reachable.failure, target.to_string());
                let function = *known.entry(key).or_insert_with(|| {
                    let at = reachable.by.unwrap_or(task.ident()).span().resolved_at(Span::mixed_site());
                    found.functions.push(Function { failing: reachable.task, target: target.clone(), at });
                    found.functions.len() - 1
                });
                found.calls.insert((position, reachable.failure), function);
            }
        }
        found
    }

    /// Returns whether the conversions of a task's terminal are required only where it is awaited.
    pub(super) fn is_deferred(&self, position: usize) -> bool {
        self.deferred[position]
    }
}

/// Returns whether a task's terminal is rarely awaited: code outside the module cannot await it, and dependents get the
/// result.
fn may_be_deferred(expansion: &Expansion<'_>, position: usize) -> bool {
    let task = &expansion.dag.tasks[position];
    let has_dependents = expansion.dependents(expansion.ids[position]).next().is_some();
    task.rank() == 0 && has_dependents && foreign(expansion.dag, task).next().is_some()
}

/// Returns the failures whose type is not already the terminal's own error.
fn foreign<'t, 'b>(dag: &'t Dag<'b>, task: &'t Task<'b>) -> impl Iterator<Item = &'t Reachable<'b>> {
    task.reachable.iter().filter(move |reachable| !is_same(task, &dag.tasks, reachable))
}

// Output:
//     trait __DagCheckout_user_Error<E> { fn convert(self) -> E; }
//     impl<F, E: From<F>> __DagCheckout_user_Error<E> for F { .. }
pub(crate) fn expand(expansion: &Expansion<'_>) -> TokenStream {
    let tasks = &expansion.dag.tasks;
    // For each failing task, whether a task that declares no `Result` uses its error.
    let mut converted: Vec<Option<bool>> = vec![None; tasks.len()];
    for (&(position, _), &function) in &expansion.conversions.calls {
        let task = &tasks[position];
        let is_lifted = task.fails.is_none() && !task.is_caught();
        *converted[expansion.conversions.functions[function].failing].get_or_insert(false) |= is_lifted;
    }
    let failing = tasks.iter().zip(converted).filter_map(|(task, is_lifting)| Some((task, is_lifting?)));
    let conversions: TokenStream = failing.map(|(task, is_lifting)| conversion(expansion, task, is_lifting)).collect();
    let deferred = (0..tasks.len()).filter(|&position| expansion.conversions.is_deferred(position));
    let deferred: TokenStream = deferred.map(|position| expand_deferred(expansion, position)).collect();
    quote!(#conversions #deferred)
}

// Output:
//     fn __dag_convert_0(__error: ApiError) -> CartError { __DagCheckout_user_Error::convert(__error) }
pub(crate) fn functions(expansion: &Expansion<'_>) -> TokenStream {
    let functions =
        expansion.conversions.functions.iter().enumerate().map(|(function, Function { failing, target, at })| {
            let (name, failing) = (function_ident(function), &expansion.dag.tasks[*failing]);
            let error = expansion.error_type(failing);
            let mut conversion = trait_ident(expansion, failing);
            conversion.set_span(*at);
            let convert = quote_spanned!(*at=> #conversion::convert(__error));
            let lifetime = mentions_self_lifetime(quote!(#error #target)).then(|| quote_mixed!(<'__dag>));
            let parameter = Ident::new("__error", *at);
            quote_mixed! {
                #[inline]
                fn #name #lifetime(#parameter: #error) -> #target {
                    #convert
                }
            }
        });
    functions.collect()
}

fn function_ident(function: usize) -> Ident {
    format_ident!("__dag_convert_{function}", span = Span::mixed_site())
}

fn conversion(expansion: &Expansion<'_>, task: &Task<'_>, is_lifting: bool) -> TokenStream {
    let name = trait_ident(expansion, task);
    let plain = task.ident().unraw();
    let message = format!("the error of `{plain}`, `{{Self}}`, does not convert into `{{Error}}`");
    let label = format!("`{plain}` fails with `{{Self}}`");
    let lift = "a task without a `Result` takes over the error of the first fallible task in its `#[depends(..)]`: change \
                the order, or write a `Result` here";
    let lift = is_lifting.then(|| quote!(, note = #lift));
    let note = format!(
        "if `{{Self}}` or `{{Error}}` is yours, write `impl From<{{Self}}> for {{Error}}`; else map the error in the body of \
         `{plain}`, or give the task here an error type of your own"
    );
    conversion_trait(&name, [&message, &label, &note], lift.as_ref())
}

/// Returns the trait that adds a name and a remedy to the message of rustc for a missing `From`.
pub(super) fn conversion_trait(
    name: &Ident,
    [message, label, note]: [&str; 3],
    lift: Option<&TokenStream>,
) -> TokenStream {
    quote! {
        #[diagnostic::on_unimplemented(
            message = #message,
            label = #label,
            note = #note
            #lift
        )]
        trait #name<Error> {
            fn convert(self) -> Error;
        }

        #[diagnostic::do_not_recommend]
        impl<Failure, Error: ::core::convert::From<Failure>> #name<Error> for Failure {
            #[inline]
            fn convert(self) -> Error {
                <Error as ::core::convert::From<Failure>>::from(self)
            }
        }
    }
}

// Output:
//     trait __DagCheckout_price_Failure0<F, E> { fn convert(self) -> E; }
//     impl<F, E: From<F>> __DagCheckout_price_Failure0<F, E> for Defer<'_, F> { .. }
//     impl DeferredTerminal for __DagCheckout_price_Terminal<Checkout> { type Failure = Failure<..>; type Error = HttpError; }
//     impl ConvertFailure for __DagCheckout_price_Terminal<Checkout>
//     where for<'x> Defer<'x, DbError>: __DagCheckout_price_Failure0<DbError, HttpError> { .. }
fn expand_deferred(expansion: &Expansion<'_>, position: usize) -> TokenStream {
    let Expansion { runtime, dag, header, .. } = expansion;
    let Header { self_ty, outer_params, outer_where, .. } = header;
    let task = &dag.tasks[position];
    let traits = foreign(dag, task).map(|reachable| deferred_trait(expansion, task, reachable));
    let terminal = terminal_ident(expansion, task);
    let (failure, error) = (expansion.failure_type(), expansion.terminal_error(task));
    let arms = terminal::errors(expansion, position, &quote!(#self_ty));
    let unneeded = (arms.len() < expansion.variants()).then(|| quote_mixed!(_ => #runtime::unneeded_failure(),));
    let arms = arms.iter().map(|terminal::Arm { failure, error }| quote_mixed!(#failure => #error,));
    let (predicates, bounds) = (header.predicates(), deferred_bounds(expansion, position));
    quote_mixed! {
        #(#traits)*

        impl<#outer_params> #runtime::DeferredTerminal for #terminal<#self_ty> #outer_where {
            type Failure = #failure;
            type Error = #error;
        }

        impl<#outer_params> #runtime::ConvertFailure for #terminal<#self_ty>
        where
            #predicates
            #bounds
        {
            fn convert(__failure: Self::Failure) -> Self::Error {
                match __failure { #(#arms)* #unneeded }
            }
        }
    }
}

/// Returns the types that represent deferred terminals in their signatures.
// Output:
//     struct __DagCheckout_price_Terminal<Object>(PhantomData<fn() -> Object>);
pub(crate) fn deferred_types(expansion: &Expansion<'_>) -> TokenStream {
    let tasks = expansion.dag.tasks.iter().enumerate();
    let deferred = tasks.filter(|&(position, _)| expansion.conversions.is_deferred(position));
    let allowed = lints_of_types();
    let types = deferred.map(|(_, task)| {
        let terminal = terminal_ident(expansion, task);
        quote_mixed! {
            #[doc(hidden)]
            #allowed
            struct #terminal<Object>(::core::marker::PhantomData<fn() -> Object>);
        }
    });
    types.collect()
}

fn deferred_trait(expansion: &Expansion<'_>, task: &Task<'_>, reachable: &Reachable<'_>) -> TokenStream {
    let runtime = &expansion.runtime;
    let name = deferred_trait_ident(expansion, task, reachable);
    let (plain, failing) = (task.ident().unraw(), expansion.dag.tasks[reachable.task].ident().unraw());
    let message = format!(
        "`{plain}` cannot be awaited by itself: its error `{{Error}}` is not made from `{{Failure}}`, which `{failing}` fails \
         with"
    );
    let note = format!(
        "if `{{Failure}}` or `{{Error}}` is yours, write `impl From<{{Failure}}> for {{Error}}`; else await a task that depends \
         on `{plain}`, or give `{plain}` an error type of your own"
    );
    quote_mixed! {
        #[diagnostic::on_unimplemented(
            message = #message,
            label = "there is no `From<{Failure}>` for `{Error}`",
            note = #note
        )]
        trait #name<Failure, Error> {
            fn convert(self) -> Error;
        }

        #[diagnostic::do_not_recommend]
        impl<Failure, Error: ::core::convert::From<Failure>> #name<Failure, Error> for #runtime::Defer<'_, Failure> {
            #[inline]
            fn convert(self) -> Error {
                <Error as ::core::convert::From<Failure>>::from(self.into_inner())
            }
        }
    }
}

/// Returns the bounds that are required where a deferred terminal is awaited; other terminals have none.
pub(super) fn deferred_bounds(expansion: &Expansion<'_>, position: usize) -> TokenStream {
    if !expansion.conversions.is_deferred(position) {
        return TokenStream::new();
    }
    let (runtime, task) = (&expansion.runtime, &expansion.dag.tasks[position]);
    let target = expansion.terminal_error(task);
    let bounds = foreign(expansion.dag, task).map(|reachable| {
        let error = expansion.error_type(&expansion.dag.tasks[reachable.task]);
        let name = deferred_trait_ident(expansion, task, reachable);
        quote_mixed!(for<'__z> #runtime::Defer<'__z, #error>: #name<#error, #target>,)
    });
    bounds.collect()
}

/// Returns the type of a deferred terminal's future; `output` is the type of its output.
pub(super) fn deferred_type(expansion: &Expansion<'_>, task: &Task<'_>, output: &TokenStream) -> TokenStream {
    let (runtime, terminal) = (&expansion.runtime, terminal_ident(expansion, task));
    quote_mixed! {
        #runtime::Deferred<
            impl ::core::future::Future<Output = ::core::result::Result<
                #output,
                <#terminal<Self> as #runtime::DeferredTerminal>::Failure,
            >>,
            #terminal<Self>,
        >
    }
}

/// Returns the conversion of `__error`, the error of a needed task, into the error of a terminal. `object` is the
/// user's type.
pub(crate) fn convert(
    expansion: &Expansion<'_>,
    position: usize,
    reachable: &Reachable<'_>,
    object: &TokenStream,
) -> TokenStream {
    let (runtime, task) = (&expansion.runtime, &expansion.dag.tasks[position]);
    if is_same(task, &expansion.dag.tasks, reachable) {
        return quote_mixed!(__error);
    }
    match expansion.conversions.calls.get(&(position, reachable.failure)) {
        Some(&function) => {
            let name = function_ident(function);
            quote_mixed!(<#object>::#name(__error))
        }
        None => {
            let name = deferred_trait_ident(expansion, task, reachable);
            quote_mixed!(#name::convert(#runtime::Defer::new(__error)))
        }
    }
}

/// Returns whether the task fails with the terminal's own error type.
fn is_same(task: &Task<'_>, tasks: &[Task<'_>], reachable: &Reachable<'_>) -> bool {
    let lifted = task.lifts.and_then(|lifted| tasks[lifted].fails.as_ref());
    let is_caught = task.is_caught();
    let own = task.fails.as_ref().or(lifted.filter(|_| !is_caught));
    own.is_some_and(|own| own.failure == reachable.failure)
}

fn trait_ident(expansion: &Expansion<'_>, task: &Task<'_>) -> Ident {
    item_ident(expansion, task, "Error")
}

fn terminal_ident(expansion: &Expansion<'_>, task: &Task<'_>) -> Ident {
    item_ident(expansion, task, "Terminal")
}

fn deferred_trait_ident(expansion: &Expansion<'_>, task: &Task<'_>, reachable: &Reachable<'_>) -> Ident {
    item_ident(expansion, task, &format!("Failure{}", reachable.failure))
}

fn item_ident(expansion: &Expansion<'_>, task: &Task<'_>, end: &str) -> Ident {
    let ty = type_name(&expansion.dag.block.self_ty).map_or_else(String::new, |name| name.unraw().to_string());
    format_ident!("__Dag{ty}_{}_{end}", task.ident().unraw(), span = Span::call_site())
}
