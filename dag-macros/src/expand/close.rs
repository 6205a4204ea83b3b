//! The method of a run that closes its results, in a block where a task has `close`.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote_spanned;

use super::{Expansion, attempt};
use crate::analyse::Task;

// Output:
//     pub async fn close(self) -> Result<(), CloseError> {
//         self.__dag.end().close(|__cells, __task| match __task {
//             0 => { drop(__cells.config.remove()); None }
//             1 => __cells.pool.remove().map(|__value| send_closer(__value, None, Pool::close)),
//             ..
//         }).await
//     }
pub(super) fn expand(expansion: &Expansion<'_>) -> Option<TokenStream> {
    if !expansion.dag.has_closers() {
        return None;
    }
    let (runtime, vis) = (&expansion.runtime, expansion.visibility());
    let arms = expansion.tasks().map(|(id, task)| {
        let (id, name) = (Literal::usize_unsuffixed(id), task.ident());
        match closer(expansion, task) {
            Some(closer) => quote_mixed!(#id => __cells.#name.remove().map(|__value| #closer),),
            None => quote_mixed! {
                #id => {
                    ::core::mem::drop(__cells.#name.remove());
                    ::core::option::Option::None
                }
            },
        }
    });
    Some(quote_mixed! {
        /// Ends the run and closes its results, in the reverse order of the start: each as soon as all that were made from
        /// it are closed, and independent ones side by side. Tasks under way are dropped first. Results without `close`
        /// drop in the same order.
        ///
        /// # Errors
        /// If closing a result fails, panics or takes longer than its `close_timeout`. All others are closed nevertheless.
        ///
        /// # Panics
        /// If a task under way panics while it is dropped; all results are closed nevertheless.
        ///
        /// # Cancel safety
        /// Dropping the future drops all results that are not closed.
        #vis async fn close(self) -> ::core::result::Result<(), #runtime::CloseError> {
            self.__dag
                .end()
                .close(|__cells, __task| match __task {
                    #(#arms)*
                    _ => ::core::option::Option::None,
                })
                .await
        }
    })
}

/// Returns the code that closes `__value`.
fn closer(expansion: &Expansion<'_>, task: &Task<'_>) -> Option<TokenStream> {
    let options = &task.method.options;
    let close = options.close.as_ref()?;
    // A future that is not `Send` is reported at the name of the option.
    let at_close = close.name.span().resolved_at(Span::mixed_site());
    let (runtime, function) = (expansion.runtime_at(at_close), &close.value);
    let limit = match &options.close_timeout {
        Some(timeout) => {
            let limit = attempt::duration(timeout.value);
            quote_mixed!(::core::option::Option::Some(#limit))
        }
        None => quote_mixed!(::core::option::Option::None),
    };
    let closer = if expansion.dag.block.options.local { "local_closer" } else { "send_closer" };
    let closer = Ident::new(closer, at_close);
    Some(quote_spanned!(at_close=> #runtime::#closer(__value, #limit, #function)))
}
