//! In a durable block: the futures of tasks whose output goes to the keeper of the run before it is published.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::{Expansion, attempt, each, edges};
use crate::analyse::Task;

/// Returns the future of a task with its way to the keeper; `attempts` is the reporter for its attempts.
// Output:
//     keeping(
//         __attempts,
//         |__stored| Stored::<Shelf>::FORM.read("reserve", __stored).map(Ok),
//         move |__result| settled(
//             __result,
//             |__value| Stored::<Shelf>::FORM.settle("reserve", __value),
//             |__error| kept(__keep, Failure::BankError(__error)),
//         ),
//         move |_| Self::__dag_task_reserve(__this),
//     )
pub(super) fn expand(
    expansion: &Expansion<'_>,
    task: &Task<'_>,
    body: &TokenStream,
    attempts: &TokenStream,
) -> TokenStream {
    let Expansion { runtime, failure, .. } = expansion;
    // What is kept of a task that runs for each element is the result for one of them.
    let value = each::element_type(expansion, task).unwrap_or_else(|| expansion.value_type(task));
    let name = task.ident().unraw().to_string();
    // A result that cannot be stored is reported once, at its type.
    let at_output = task.output.map_or(task.ident().span(), Spanned::span).resolved_at(Span::mixed_site());
    let stored = quote_spanned!(at_output=> #value);
    let write = quote_mixed!(|__value: #stored| #runtime::Stored::<#stored>::FORM.settle(#name, __value));
    let read = quote_mixed!(#runtime::Stored::<#stored>::FORM.read(#name, __stored));
    let (read, settle) = match &task.fails {
        Some(fails) => {
            let variant = &expansion.dag.failures[fails.failure].variant;
            let read = quote_mixed!(#read.map(::core::result::Result::Ok));
            let source = edges::source(expansion, task, &quote_mixed!(#failure::#variant(__error)));
            let settle = quote_mixed! {
                move |__result| #runtime::settled(__result, #write, |__error| #source)
            };
            (read, settle)
        }
        None => (read, write),
    };
    let has_retry = task.method.options.retry.is_some();
    let is_future = attempt::is_future(task) || has_retry;
    let body = if is_future { body.clone() } else { quote_mixed!(::core::future::ready(#body)) };
    let tried = if has_retry { quote_mixed!(__attempts) } else { quote_mixed!(_) };
    quote_mixed!(#runtime::keeping(#attempts, |__stored| #read, #settle, move |#tried| #body))
}
