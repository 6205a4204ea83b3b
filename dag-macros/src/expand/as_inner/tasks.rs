//! The tasks of a block by name, each with its own visibility.

use proc_macro2::{Literal, TokenStream};

use super::{Errors, where_clause};
use crate::analyse::Task;
use crate::expand::{Expansion, at_span, at_task};

// Output:
//     pub fn total(&self) -> __DagInner<'_, Money, Fails<E>> {
//         InnerTask::new(2, |__cells| &__cells.total, Self::__dag_error_0)
//     }
pub(super) fn method(expansion: &Expansion<'_>, errors: &Errors, id: usize, task: &Task<'_>) -> TokenStream {
    let runtime = &expansion.runtime;
    let self_ty = &expansion.header.self_ty;
    let (vis, name) = (&task.method.vis, task.ident());
    let method = at_span(name, at_task(name));
    let arguments = &expansion.header.arguments;
    let value = expansion.hidden(expansion.value_type(task));
    let id_here = Literal::usize_unsuffixed(id);
    let cell = quote_mixed!(#id_here, |__cells| &__cells.#name);
    let (error, made, bounds) = match errors.of(id) {
        Some((error, function, bounds)) => {
            let made = quote_mixed!(#runtime::InnerTask::new(#cell, Self::#function));
            (quote_mixed!(#runtime::Fails<#error>), made, where_clause(bounds))
        }
        None => (quote_mixed!(#runtime::Never), quote_mixed!(#runtime::InnerTask::unfailing(#cell)), None),
    };
    quote_mixed! {
        #vis fn #method<'__dag>(&self) -> __DagInner<'__dag, #arguments #value, #error> #bounds {
            let _ = <#self_ty>::#method;
            #made
        }
    }
}
