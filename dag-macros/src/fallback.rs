//! In: a block with mistakes. Out: its bodies, so that rustc says what it knows of them, and terminals with their real
//! signatures, so that the calls of them are no mistakes, too.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use syn::{FnArg, GenericParam, Meta};

use crate::analyse::Dag;
use crate::expand::{body, for_terminal, signature};
use crate::parse::{Block, is_ours};

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

/// Gives an item that is no block back without our attributes, on it and in it: each would be told as a second mistake.
pub(crate) fn without_attributes(item: TokenStream) -> TokenStream {
    let inside = |token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
            let mut kept = Group::new(Delimiter::Brace, strip(group.stream()));
            kept.set_span(group.span());
            kept.into()
        }
        token => token,
    };
    strip(item).into_iter().map(inside).collect()
}

fn strip(tokens: TokenStream) -> TokenStream {
    let mut kept = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is_hash = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
        if is_hash && tokens.next_if(|next| matches!(next, TokenTree::Group(group) if is_attribute(group))).is_some() {
            continue;
        }
        kept.extend([token]);
    }
    kept
}

fn is_attribute(group: &Group) -> bool {
    let meta = syn::parse2::<Meta>(group.stream());
    meta.is_ok_and(|meta| ["depends", "task"].iter().any(|name| is_ours(meta.path(), name)))
}
