//! The struct with a cell for each result, and the enum of what a task can fail with.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Expansion, Header, allowed_lints, edges, inside};

// Output:
//     struct __DagCheckoutCells<'a> { page: TaskCell<Page, Self>, .., user: TaskCell<User, Self>, __dag_self: .. }
pub(crate) fn expand(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { runtime, cells, header, .. } = expansion;
    let Header { arguments, self_ty, outer_params, outer_where, object, .. } = header;
    let mut tasks: Vec<_> = expansion.tasks().map(|(_, task)| task).collect();
    // Fields drop in this order: as the variables of a function do, each result before those that it was made of.
    tasks.reverse();
    let names: Vec<_> = tasks.iter().map(|task| task.ident()).collect();
    // The same names as in the types of a run: a lifetime that is missing in a type is told once.
    let types = tasks.iter().map(|task| expansion.shown(expansion.value_type(task)));
    let vis = expansion.visibility();
    let allowed = allowed_lints();
    let (causes, no_causes) = edges::causes(expansion).unzip();
    let (asks, no_asks) = edges::asks(expansion).unzip();
    quote! {
        #[doc(hidden)]
        #allowed
        #vis struct #cells<#object, #outer_params> #outer_where {
            #(#names: #runtime::TaskCell<#types, Self>,)*
            #causes
            #asks
            __dag_self: ::core::marker::PhantomData<&#object #self_ty>,
        }

        #allowed
        impl<'__dag, #outer_params> #cells<'__dag, #arguments> #outer_where {
            fn empty() -> Self {
                Self {
                    #(#names: #runtime::TaskCell::empty(),)*
                    #no_causes
                    #no_asks
                    __dag_self: ::core::marker::PhantomData,
                }
            }
        }
    }
}

// Output:
//     enum __DagCheckoutFailure<ApiError, Error> { ApiError(ApiError), Error(Error) }
pub(crate) fn expand_failure(expansion: &Expansion<'_>) -> TokenStream {
    if expansion.variants() == 0 {
        return TokenStream::new();
    }
    let failure = &expansion.failure;
    let variants: Vec<_> = expansion.dag.failures.iter().map(|failure| &failure.variant).collect();
    let insides = expansion.dag.subgraphs.iter().map(|subgraph| inside::variant(expansion, subgraph));
    let insides: Vec<_> = insides.collect();
    let all = variants.iter().copied().chain(&insides);
    let allowed = allowed_lints();
    quote! {
        #[doc(hidden)]
        #allowed
        enum #failure<#(#all),*> {
            #(#variants(#variants),)*
            #(#insides(usize, #insides),)*
        }
    }
}
