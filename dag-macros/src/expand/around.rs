//! What a block shows to one around it: its tasks by name, its cells and driver, and its failures as the errors of its
//! terminals.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;

use super::terminal::Arm;
use super::{Expansion, Header, allowed_lints, at_span, hexadecimal, inside, run, terminal};
use crate::analyse::{Task, type_name};

// Output:
//     pub struct PricingTasks(PhantomData<fn() -> Pricing>);
//     impl Subgraph for Pricing { type Failure = __DagPricingFailed; type Tasks = PricingTasks; .. }
//     impl PricingTasks { pub fn total(&self) -> InnerTask<Cells<'_>, Money, __DagPricingFailed, Fails<E>> { .. } .. }
pub(super) fn expand(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { runtime, header, .. } = expansion;
    let Header { arguments, self_ty, outer_params, outer_where, .. } = header;
    let allowed = lints();
    let tasks = tasks_ident(expansion);
    let failed = failed_type(expansion);
    let failed_struct = failed_struct(expansion);
    let place = Place::of(expansion);
    let place_type = Ident::new(place.name(), Span::mixed_site());
    let origin = origin(expansion);
    let drive = drive(expansion);
    let methods = expansion.tasks().map(|(id, task)| method(expansion, id, task));
    let kept = kept(expansion);
    // An item that may be dead is alive: these mention the user's terminals, of which the dead ones are to be told.
    let allowed_at_tasks = super::lints_of_types();
    quote_mixed! {
        #failed_struct

        #[doc(hidden)]
        #allowed
        pub struct #tasks<#outer_params>(::core::marker::PhantomData<fn() -> #self_ty>) #outer_where;

        #allowed
        impl<#outer_params> #runtime::Subgraph for #self_ty #outer_where {
            type Failure = #failed;
            type Tasks = #tasks<#arguments>;
            type Place = #runtime::#place_type;

            #[inline]
            fn tasks() -> Self::Tasks {
                #tasks(::core::marker::PhantomData)
            }

            fn inner_graph() -> &'static #runtime::Graph {
                <#self_ty>::__DAG_GRAPH
            }

            #origin
        }

        #allowed
        impl<#outer_params> #tasks<#arguments> #outer_where {
            #drive
        }

        #allowed_at_tasks
        impl<#outer_params> #tasks<#arguments> #outer_where {
            #(#methods)*
        }

        #kept
    }
}

/// Says that the graph does not contain itself. It comes first, so that a wrong object is told here, at its type.
pub(super) fn expand_finite(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { runtime, header, .. } = expansion;
    let Header { self_ty, outer_params, .. } = header;
    let (predicates, finite, allowed) = (run::where_predicates(header), inside::finite(expansion), lints());
    quote_mixed! {
        #allowed
        impl<#outer_params> #runtime::DoesNotContainItself for #self_ty
        where
            #predicates
            #(#finite)*
        {
        }
    }
}

/// Where a block can be inside of another.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Anywhere,
    Local,
    /// Nowhere: it has tasks on other threads.
    OffThread,
    /// Nowhere: what it fails with borrows from its object.
    Borrowed,
}

impl Place {
    fn of(expansion: &Expansion<'_>) -> Self {
        if expansion.dag.is_shared() {
            Self::OffThread
        } else if super::mentions_self_lifetime(expansion.failure_type()) {
            Self::Borrowed
        } else if expansion.dag.block.options.local {
            Self::Local
        } else {
            Self::Anywhere
        }
    }

    /// Tells whether the block can be inside of another; if not, that is the one error, and what is made here only fits.
    fn is_possible(self) -> bool {
        matches!(self, Self::Anywhere | Self::Local)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Anywhere => "AnyThread",
            Self::Local => "OneThread",
            Self::OffThread => "OffThread",
            Self::Borrowed => "BorrowedErrors",
        }
    }
}

/// Tells whether the block shows failures.
fn shows_failures(expansion: &Expansion<'_>) -> bool {
    expansion.variants() > 0 && Place::of(expansion).is_possible()
}

fn tasks_ident(expansion: &Expansion<'_>) -> Ident {
    let block = expansion.dag.block;
    let name = type_name(&block.self_ty).map_or_else(String::new, |name| name.unraw().to_string());
    format_ident!("{name}Tasks", span = block.impl_token.span)
}

/// The failure in a struct of its own, which says nothing of the errors: some of them may be private.
fn failed_ident(expansion: &Expansion<'_>) -> Ident {
    let block = expansion.dag.block;
    let name = type_name(&block.self_ty).map_or_else(String::new, |name| name.unraw().to_string());
    format_ident!("__Dag{name}Failed", span = block.impl_token.span)
}

fn failed_type(expansion: &Expansion<'_>) -> TokenStream {
    if !shows_failures(expansion) {
        return quote_mixed!(::core::convert::Infallible);
    }
    let (failed, arguments) = (failed_ident(expansion), &expansion.header.arguments);
    quote_mixed!(#failed<#arguments>)
}

fn failed_struct(expansion: &Expansion<'_>) -> Option<TokenStream> {
    if !shows_failures(expansion) {
        return None;
    }
    let Header { self_ty, outer_params, outer_where, .. } = &expansion.header;
    let (failed, failure, allowed) = (failed_ident(expansion), expansion.failure_type(), lints());
    Some(quote_mixed! {
        #[doc(hidden)]
        #allowed
        pub struct #failed<#outer_params>(#failure, ::core::marker::PhantomData<fn() -> #self_ty>) #outer_where;
    })
}

/// Says of a failure that comes from further inside which of the tasks here it is of.
fn origin(expansion: &Expansion<'_>) -> Option<TokenStream> {
    let failure = &expansion.failure;
    let variants = expansion.dag.subgraphs.iter().map(|subgraph| inside::variant(expansion, subgraph));
    let variants: Vec<_> = variants.collect();
    if variants.is_empty() || !shows_failures(expansion) {
        return None;
    }
    let others = (!expansion.dag.failures.is_empty()).then(|| quote_mixed!(_ => ::core::option::Option::None,));
    Some(quote_mixed! {
        fn origin(__failed: &Self::Failure) -> ::core::option::Option<usize> {
            match &__failed.0 {
                #(#failure::#variants(__goal, _) => ::core::option::Option::Some(*__goal),)*
                #others
            }
        }
    })
}

/// The cells, the scheduler and the driver.
fn drive(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { runtime, cells, header, .. } = expansion;
    let self_ty = &header.self_ty;
    let (cells_type, failed) = (expansion.cells_type(), failed_type(expansion));
    let words = Literal::usize_unsuffixed(expansion.words());
    let limit = match expansion.limit() {
        Some(limit) => quote_mixed!(::core::option::Option::Some(#limit)),
        None => quote_mixed!(::core::option::Option::None),
    };
    let drive = if !Place::of(expansion).is_possible() {
        quote_mixed! {
            let _ = (__this, __writer, __scheduler, __keep);
            #runtime::unneeded_failure()
        }
    } else if expansion.variants() == 0 {
        quote_mixed!(<#self_ty>::__dag_drive(__this, __writer, __scheduler, ::core::result::Result::Err).await)
    } else {
        let failed = failed_ident(expansion);
        quote_mixed! {
            let __wrap = |__failure| #failed(__failure, ::core::marker::PhantomData);
            let __keep = move |__failure| __keep(__wrap(__failure)).map_err(|__failed| __failed.0);
            <#self_ty>::__dag_drive(__this, __writer, __scheduler, __keep).await.map_err(__wrap)
        }
    };
    quote_mixed! {
        #[inline]
        pub fn __dag_cells<'__dag>(&self) -> #cells_type {
            #cells::empty()
        }

        #[inline]
        pub fn __dag_scheduler<'__b>(&self, __border: &'__b #runtime::Border<'__b>) -> #runtime::InnerScheduler<'__b, #words> {
            #runtime::InnerScheduler::new(__border, <#self_ty>::__DAG_GRAPH, #limit)
        }

        #[inline]
        pub async fn __dag_drive<'__dag>(
            self,
            __this: &'__dag #self_ty,
            __writer: #runtime::Writer<'_, #cells_type>,
            __scheduler: &mut #runtime::InnerScheduler<'_, #words>,
            // Not generic: a graph that contains itself would have ever new types, rather than one that rustc refuses.
            __keep: &(dyn ::core::ops::Fn(#failed) -> ::core::result::Result<#runtime::ErrorSource, #failed>
                + ::core::marker::Sync),
        ) -> ::core::result::Result<(), #failed> {
            #drive
        }
    }
}

/// A task by name, as visible as it is.
fn method(expansion: &Expansion<'_>, id: usize, task: &Task<'_>) -> TokenStream {
    let runtime = &expansion.runtime;
    let self_ty = &expansion.header.self_ty;
    let (vis, name) = (&task.method.vis, task.ident());
    let method = at_span(name, Span::mixed_site());
    let (cells, failed) = (expansion.cells_type(), failed_type(expansion));
    let value = expansion.hidden(expansion.value_type(task));
    let id = Literal::usize_unsuffixed(id);
    let (error, into_error) = match terminal_error(expansion, task) {
        Some(error) => {
            let arms = terminal::errors(expansion, task);
            let unneeded =
                (arms.len() < expansion.variants()).then(|| quote_mixed!(_ => #runtime::unneeded_failure(),));
            let arms = arms.iter().map(|Arm { failure, error }| quote_mixed!(#failure => #error,));
            let error_of = quote_mixed!(|__failed| #runtime::Fails(match __failed.0 { #(#arms)* #unneeded }));
            (quote_mixed!(#runtime::Fails<#error>), error_of)
        }
        None => (quote_mixed!(#runtime::Never), quote_mixed!(|_| #runtime::unneeded_failure())),
    };
    quote_mixed! {
        #[inline]
        #vis fn #method<'__dag>(&self) -> #runtime::InnerTask<#cells, #value, #failed, #error> {
            let _ = <#self_ty>::#method;
            #runtime::InnerTask::new(#id, |__cells| &__cells.#name, #into_error)
        }
    }
}

/// Gives the error type of a task's terminal, if something that it needs can fail.
fn terminal_error(expansion: &Expansion<'_>, task: &Task<'_>) -> Option<TokenStream> {
    if task.reachable.is_empty() && task.inner.is_empty() || !shows_failures(expansion) {
        return None;
    }
    if task.fails.is_some() {
        return Some(expansion.error_type(task));
    }
    if task.method.options.catch.is_some() {
        let declared = expansion.spell(task, task.output?);
        let runtime = &expansion.runtime;
        return Some(quote!(<#declared as #runtime::Fallible>::Error));
    }
    Some(expansion.error_type(&expansion.dag.tasks[task.lifts?]))
}

/// Makes what a run keeps of a failure: the error of the terminal that is asked for. Each task has an impl of its own, so
/// that a run asks of those alone that it needs.
// Output:
//     impl<'x> IntoInnerError<__DagPricingFailed, 0x1f..> for Defer<'x, __DagPricingFailed>
//     where for<'y> Defer<'y, E>: IntoTaskError<E> { .. }
fn kept(expansion: &Expansion<'_>) -> TokenStream {
    if !shows_failures(expansion) {
        return TokenStream::new();
    }
    let Expansion { runtime, header, .. } = expansion;
    let Header { outer_params, self_ty, .. } = header;
    let predicates = run::where_predicates(header);
    let (failed, allowed) = (failed_type(expansion), lints());
    let tasks = expansion.tasks().map(|(_, task)| {
        let key = key(task.ident());
        let (bound, source) = match terminal_error(expansion, task) {
            Some(error) => {
                let at_task = task.ident().span().resolved_at(Span::mixed_site());
                let runtime_here = expansion.runtime_at(at_task);
                let name = at_span(task.ident(), Span::mixed_site());
                let bound = quote_spanned! {at_task=>
                    for<'__y> #runtime_here::Defer<'__y, #error>: #runtime_here::IntoTaskError<#error>,
                };
                let source = quote_mixed! {
                    let __error = <#self_ty as #runtime::Subgraph>::tasks().#name().into_error(self.into_inner());
                    #runtime::IntoTaskError::into_source(#runtime::Defer::new(__error.0))
                };
                (bound, source)
            }
            None => (TokenStream::new(), quote_mixed!(#runtime::unneeded_failure())),
        };
        quote_mixed! {
            #allowed
            impl<'__x, #outer_params> #runtime::IntoInnerError<#failed, #key> for #runtime::Defer<'__x, #failed>
            where
                #predicates
                #bound
            {
                #[inline]
                fn into_source(self) -> #runtime::ErrorSource {
                    #source
                }
            }
        }
    });
    tasks.collect()
}

/// Gives a number for the name of a task, by which another block finds it in types.
pub(super) fn key(name: &Ident) -> Literal {
    // Fowler, Noll and Vo.
    let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = name.unraw().to_string().bytes().fold(0xcbf2_9ce4_8422_2325, hash);
    hexadecimal(hash)
}

fn lints() -> TokenStream {
    let allowed = allowed_lints();
    quote! {
        #allowed
        // Everything here is hidden, and as visible as it may have to be.
        #[allow(private_bounds, private_interfaces, unreachable_pub, missing_debug_implementations)]
    }
}
