//! The struct with a cell for each result, and the enum of the failures of tasks.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Expansion, Header, each, edges, inner, lints_of_types};
use crate::analyse::Task;

// Output:
//     struct __DagCheckoutCells<'a> { page: TaskCell<Page, Self>, .., user: TaskCell<User, Self>, __dag_self: .. }
pub(crate) fn expand(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { runtime, cells, header, .. } = expansion;
    let Header { self_ty, outer_params, outer_where, object, .. } = header;
    let tasks = in_order_of_drops(expansion);
    let names = tasks.iter().map(|task| task.ident());
    // The same lifetime names as in the types of a run: a missing lifetime in a type is then reported once.
    let types = tasks.iter().map(|task| match each::element_type(expansion, task) {
        Some(ty) => {
            let ty = expansion.shown(ty);
            quote!(#runtime::EachCell<#ty, Self>)
        }
        None => {
            let ty = expansion.shown(expansion.value_type(task));
            quote!(#runtime::TaskCell<#ty, Self>)
        }
    });
    let vis = expansion.visibility();
    let allowed = lints_of_types();
    let causes = edges::causes(expansion).map(|(causes, _)| causes);
    let asks = edges::asks(expansion).map(|(asks, _)| asks);
    quote! {
        #[doc(hidden)]
        #allowed
        #vis struct #cells<#object, #outer_params> #outer_where {
            #(#names: #types,)*
            #causes
            #asks
            __dag_self: ::core::marker::PhantomData<&#object #self_ty>,
        }
    }
}

/// The cells of tasks that have not run.
pub(crate) fn expand_empty(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { runtime, cells: group, header, .. } = expansion;
    let Header { arguments, outer_params, outer_where, .. } = header;
    let tasks = in_order_of_drops(expansion);
    let names = tasks.iter().map(|task| task.ident());
    let cells = tasks.iter().map(|task| match task.each() {
        Some(_) if each::is_followed(expansion, task) => quote!(#runtime::EachCell::followed()),
        Some(_) => quote!(#runtime::EachCell::empty()),
        None => quote!(#runtime::TaskCell::empty()),
    });
    let no_causes = edges::causes(expansion).map(|(_, no_causes)| no_causes);
    let no_asks = edges::asks(expansion).map(|(_, no_asks)| no_asks);
    quote! {
        impl<'__dag, #outer_params> #group<'__dag, #arguments> #outer_where {
            fn empty() -> Self {
                Self {
                    #(#names: #cells,)*
                    #no_causes
                    #no_asks
                    __dag_self: ::core::marker::PhantomData,
                }
            }
        }
    }
}

/// Returns the tasks in the order in which the fields drop. Like the variables of a function, each result drops before
/// the results that it was made from.
fn in_order_of_drops<'d>(expansion: &Expansion<'d>) -> Vec<&'d Task<'d>> {
    let mut tasks: Vec<_> = expansion.tasks().map(|(_, task)| task).collect();
    tasks.reverse();
    tasks
}

// Output:
//     enum __DagCheckoutFailure<ApiError, Error> { ApiError(ApiError), Error(Error) }
pub(crate) fn expand_failure(expansion: &Expansion<'_>) -> TokenStream {
    if expansion.variants() == 0 {
        return TokenStream::new();
    }
    let failure = &expansion.failure;
    let variants: Vec<_> = expansion.dag.failures.iter().map(|failure| &failure.variant).collect();
    let inner = expansion.dag.inner_graphs.iter().map(|inner_graph| inner::variant(expansion, inner_graph));
    let inner: Vec<_> = inner.collect();
    let all = variants.iter().copied().chain(&inner);
    let allowed = lints_of_types();
    quote! {
        #[doc(hidden)]
        #allowed
        // Parameters and variants have the names of the user's error types, which may be `u8`.
        #[allow(clippy::builtin_type_shadow, clippy::enum_variant_names)]
        enum #failure<#(#all),*> {
            #(#variants(#variants),)*
            #(#inner(usize, #inner),)*
        }
    }
}
