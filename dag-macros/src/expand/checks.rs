//! What only types can tell about a task's result, asked in a function that is never called.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::Expansion;
use crate::analyse::Task;

// Output:
//     fn __dag_check<'__dag>(_: &'__dag Self) { require_shareable::<User>(); .. }
pub(crate) fn expand(expansion: &Expansion<'_>) -> TokenStream {
    let checks = expansion.tasks().map(|(_, task)| check(expansion, task));
    quote! {
        fn __dag_check<'__dag>(_: &'__dag Self) {
            #(#checks)*
        }
    }
}

fn check(expansion: &Expansion<'_>, task: &Task<'_>) -> TokenStream {
    let Some(output) = task.output else { return TokenStream::new() };
    let runtime = &expansion.runtime;
    let at_output = output.span().resolved_at(Span::mixed_site());
    let declared = expansion.spell(task, output);
    let value = expansion.value_type(task);
    let shareable = (!expansion.dag.block.options.local)
        .then(|| quote_spanned!(at_output=> #runtime::require_shareable::<#value>();));
    let is_caught = task.method.options.catch.is_some();
    let result = match &task.fails {
        Some(fails) => fails.result.ok().map(|_| {
            let error = fails.result.error().map_or_else(|| quote!(_), |_| expansion.error_type(task));
            quote_spanned!(at_output=> #runtime::require_result::<#declared, #value, #error>();)
        }),
        None if is_caught => None,
        None => {
            let name = task.ident();
            Some(quote_spanned! {at_output=> {
                #[allow(unused_imports)]
                use #runtime::ProbeValue as _;
                let kind = #runtime::Probe::<#declared>::kind();
                {
                    // Hides what the type may name, such as a module.
                    struct #name;
                    #runtime::require_value(#name, kind);
                }
            }})
        }
    };
    quote!(#shareable #result)
}
