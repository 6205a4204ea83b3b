//! In: a block with mistakes. Out: its bodies, so that rustc says what it knows of them, and terminals with their real
//! signatures, so that the calls of them are no mistakes, too.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{FnArg, GenericParam};

use crate::analyse::Dag;
use crate::expand::{body, for_terminal, signature};
use crate::parse::Block;

/// Expands a block in which something was found.
pub(crate) fn expand(dag: &Dag<'_>) -> TokenStream {
    let Block { attrs, impl_token, generics, self_ty, others, .. } = dag.block;
    let where_clause = &generics.where_clause;
    let methods = dag.tasks.iter().map(|task| {
        let method = task.method;
        let attrs = for_terminal(&method.attrs);
        let takes_self = matches!(method.sig.inputs.first(), Some(FnArg::Receiver(_)));
        let is_generic = method.sig.generics.params.iter().any(|param| !matches!(param, GenericParam::Lifetime(_)));
        if !takes_self || is_generic {
            // No task: its callers know it as it stands.
            let (vis, sig, body) = (&method.vis, &method.sig, &method.body);
            return quote!(#attrs #[allow(dead_code)] #vis #sig #body);
        }
        let signature = signature(dag, task);
        let body = body(method);
        quote! {
            #attrs
            #[allow(dead_code, clippy::unused_async)]
            #signature { ::core::unreachable!() }
            #body
        }
    });
    quote! {
        #(#attrs)*
        #impl_token #generics #self_ty #where_clause {
            #(#others)*
            #(#methods)*
        }
    }
}
