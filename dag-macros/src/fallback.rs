//! In: a block with mistakes. Out: its bodies, so that rustc checks them, and terminals with their real signatures, so
//! that calls of the terminals are not reported as further mistakes.

use std::collections::HashSet;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{FnArg, GenericParam, Meta, Pat};

use crate::analyse::{Dag, Task, has_impl_trait, type_name};
use crate::expand::{body, body_ident, for_terminal, signature};
use crate::parse::{Block, Method, is_ours};

/// Expands a block in which mistakes were found.
pub(crate) fn expand(dag: &Dag<'_>) -> TokenStream {
    let Block { attrs, impl_token, generics, self_ty, others, .. } = dag.block;
    let where_clause = &generics.where_clause;
    let mut names = HashSet::new();
    // A second task with the same name would be reported as a second mistake.
    let tasks = dag.tasks.iter().filter(|task| names.insert(task.ident().unraw()));
    let methods = tasks.map(|task| {
        let is_terminal = is_terminal(task.method) && !is_helper(dag, task.method);
        if is_terminal { stub(dag, task) } else { as_it_stands(task.method) }
    });
    if type_name(self_ty).is_none() {
        // There is no such `impl` block.
        return TokenStream::new();
    }
    quote! {
        #(#attrs)*
        #impl_token #generics #self_ty #where_clause {
            #(#others)*
            #(#methods)*
        }
    }
}

/// Returns whether the method could have had a terminal.
fn is_terminal(method: &Method) -> bool {
    let is_generic = method.sig.generics.params.iter().any(|param| !matches!(param, GenericParam::Lifetime(_)));
    matches!(method.sig.inputs.first(), Some(FnArg::Receiver(_))) && !is_generic
}

/// Returns whether the method is a helper in the wrong block: it takes a parameter that no task returns, and its
/// callers pass it.
fn is_helper(dag: &Dag<'_>, method: &Method) -> bool {
    let takes_no_result = |input: &FnArg| match input {
        FnArg::Receiver(_) => true,
        FnArg::Typed(parameter) => match &*parameter.pat {
            Pat::Ident(name) => {
                let name = name.ident.unraw().to_string();
                dag.tasks.iter().all(|task| task.ident().unraw() != name.trim_start_matches('_'))
            }
            _ => false,
        },
    };
    let is_alone = method.depends.is_empty() && !method.depends_is_broken;
    is_alone && method.sig.inputs.len() > 1 && method.sig.inputs.iter().all(takes_no_result)
}

/// The method is not a task: its callers use it as it was written.
fn as_it_stands(method: &Method) -> TokenStream {
    let Method { vis, sig, body, .. } = method;
    let attrs = for_terminal(&method.attrs);
    // A semicolon instead of a body has already been reported.
    let body = if has_body(method) { body.to_token_stream() } else { quote!({ ::core::unreachable!() }) };
    quote!(#attrs #[allow(dead_code, unused_variables)] #vis #sig #body)
}

fn has_body(method: &Method) -> bool {
    matches!(method.body, TokenTree::Group(_))
}

/// The terminal without its graph, and the body under another name.
fn stub(dag: &Dag<'_>, task: &Task<'_>) -> TokenStream {
    if !has_body(task.method) && has_impl_trait(task.method) {
        // The type is not known.
        return TokenStream::new();
    }
    let attrs = for_terminal(&task.method.attrs);
    let signature = signature(dag, task);
    let mut method = task.method.clone();
    // Qualifiers that are not allowed on a body and conditional attributes have already been reported.
    method.attrs.retain(|attr| !attr.path().is_ident("cfg_attr"));
    method.sig.constness = None;
    method.sig.abi = None;
    method.sig.variadic = None;
    let body = has_body(&method).then(|| body(&method));
    let result = result(&method);
    quote! {
        #attrs
        #[allow(dead_code, unreachable_code, unused_variables, clippy::unused_async)]
        #signature { #result }
        #body
    }
}

/// Only the body knows the type of an `impl Trait`.
fn result(method: &Method) -> TokenStream {
    if !has_impl_trait(method) {
        return quote!(::core::unreachable!());
    }
    let body = body_ident(&method.sig.ident);
    let this = method.sig.receiver().map(|receiver| receiver.self_token);
    let missing = method.sig.inputs.iter().skip(1).map(|_| quote!(::core::unreachable!()));
    let wait = method.sig.asyncness.map(|_| quote!(.await));
    quote!(Self::#body(#this #(, #missing)*) #wait)
}

/// Returns an item that is not a block, without our attributes on it and in it: each would be reported as a second
/// mistake.
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
