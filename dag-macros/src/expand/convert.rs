//! How the errors of tasks become those of terminals: a trait a failing task, so that its name is in what rustc says.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;

use super::{Expansion, allowed_lints, inside};
use crate::analyse::{Reachable, Task, type_name};

// Output:
//     trait __DagCheckout_user_Error<E> { fn convert(self) -> E; }
//     impl<F, E: From<F>> __DagCheckout_user_Error<E> for F { .. }
pub(crate) fn expand(expansion: &Expansion<'_>) -> TokenStream {
    let tasks = &expansion.dag.tasks;
    // For each failing task whether its error is converted, and whether for a task that declares no `Result`.
    let mut converted = vec![(false, false); tasks.len()];
    for task in tasks {
        let is_lifted = task.fails.is_none() && task.method.options.catch.is_none();
        for reachable in task.reachable.iter().filter(|reachable| !is_same(task, tasks, reachable)) {
            let (is_converted, is_lifting) = &mut converted[reachable.task];
            *is_converted = true;
            *is_lifting |= is_lifted;
        }
    }
    let failing = tasks.iter().zip(converted).filter(|(_, (is_converted, _))| *is_converted);
    let conversions: TokenStream =
        failing.map(|(task, (_, is_lifting))| conversion(expansion, task, is_lifting)).collect();
    let inner = inside::conversions(expansion);
    quote!(#conversions #inner)
}

fn conversion(expansion: &Expansion<'_>, task: &Task<'_>, is_lifting: bool) -> TokenStream {
    let name = trait_ident(expansion, task);
    let plain = task.ident().unraw();
    let message = format!("the error of `{plain}`, `{{Self}}`, does not convert into `{{Error}}`");
    let label = format!("`{plain}` fails with `{{Self}}`");
    let lift = "a task without a `Result` takes over the error of the first fallible task in its `#[depends(..)]`: another \
                order, or a `Result` of its own, gives it another";
    let lift = is_lifting.then(|| quote!(, note = #lift));
    conversion_trait(&name, &message, &label, lift.as_ref(), &allowed_lints())
}

/// The trait that puts a name and a remedy into what rustc says where a `From` is missing.
pub(super) fn conversion_trait(
    name: &Ident,
    message: &str,
    label: &str,
    lift: Option<&TokenStream>,
    allowed: &TokenStream,
) -> TokenStream {
    quote! {
        #[diagnostic::on_unimplemented(
            message = #message,
            label = #label,
            note = "write `impl From<{Self}> for {Error}`"
            #lift
        )]
        #[doc(hidden)]
        #allowed
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

/// Gives the error of a terminal, made of that of a task it needs: `__error`.
pub(crate) fn convert(expansion: &Expansion<'_>, task: &Task<'_>, reachable: &Reachable<'_>) -> TokenStream {
    let tasks = &expansion.dag.tasks;
    if is_same(task, tasks, reachable) {
        return quote_mixed!(__error);
    }
    let at = reachable.by.unwrap_or(task.ident()).span().resolved_at(Span::mixed_site());
    let mut name = trait_ident(expansion, &tasks[reachable.task]);
    name.set_span(at);
    quote_spanned!(at=> #name::convert(__error))
}

/// Tells whether the task fails with the terminal's own error type.
fn is_same(task: &Task<'_>, tasks: &[Task<'_>], reachable: &Reachable<'_>) -> bool {
    let lifted = task.lifts.and_then(|lifted| tasks[lifted].fails.as_ref());
    let is_caught = task.method.options.catch.is_some();
    let own = task.fails.as_ref().or(lifted.filter(|_| !is_caught));
    own.is_some_and(|own| own.failure == reachable.failure)
}

fn trait_ident(expansion: &Expansion<'_>, task: &Task<'_>) -> Ident {
    let ty = type_name(&expansion.dag.block.self_ty).map_or_else(String::new, |name| name.unraw().to_string());
    format_ident!("__Dag{ty}_{}_Error", task.ident().unraw(), span = Span::call_site())
}
