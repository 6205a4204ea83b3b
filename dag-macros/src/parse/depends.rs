//! In: `#[depends(..)]`. Out: the names in it; what is no name tells how it should have been written.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Meta, Token};

use crate::errors::Errors;

const FORM: &str = "name the tasks that must be done first: `#[depends(user, cart)]`";

/// Appends the names of one attribute.
pub(super) fn parse_depends(attr: &Attribute, depends: &mut Vec<DependencyName>, errors: &mut Errors) {
    let Meta::List(list) = &attr.meta else {
        errors.over(&attr.meta, FORM);
        return;
    };
    if list.tokens.is_empty() {
        errors.over(&attr.meta, "`#[depends()]` names no task: list some, or remove it");
        return;
    }
    for tokens in split_at_commas(list.tokens.clone()) {
        match syn::parse2::<DependencyName>(tokens.clone()) {
            Ok(name) => depends.push(name),
            Err(_) => errors.over(&tokens, not_a_name(&tokens).unwrap_or_else(|| FORM.to_owned())),
        }
    }
}

fn split_at_commas(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![TokenStream::new()];
    for token in tokens {
        match (&token, parts.last_mut()) {
            (TokenTree::Punct(punct), _) if punct.as_char() == ',' => parts.push(TokenStream::new()),
            (_, Some(part)) => part.extend([token]),
            (_, None) => {}
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// A task's name, or that of a graph, a dot and that of a task inside.
#[derive(Clone)]
pub(crate) struct DependencyName {
    pub(crate) graph: Option<Ident>,
    pub(crate) task: Ident,
}

impl Parse for DependencyName {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let first = parse_name(input)?;
        if input.parse::<Option<Token![.]>>()?.is_none() {
            return Ok(Self { graph: None, task: first });
        }
        Ok(Self { graph: Some(first), task: parse_name(input)? })
    }
}

/// Parses a name, also through the invisible group of a macro's fragment.
fn parse_name(input: ParseStream<'_>) -> syn::Result<Ident> {
    if let Ok(name) = input.parse::<Ident>() {
        return Ok(name);
    }
    let group = input.parse::<Group>()?;
    if group.delimiter() == Delimiter::None { syn::parse2(group.stream()) } else { Err(input.error("")) }
}

/// Says how to write a dependency that was written as something else than a name.
fn not_a_name(tokens: &TokenStream) -> Option<String> {
    if let Ok(text) = syn::parse2::<syn::LitStr>(tokens.clone()) {
        let name = text.value();
        let name = if syn::parse_str::<Ident>(&name).is_ok() { name.as_str() } else { "user" };
        return Some(format!("write the name without quotes: `#[depends({name})]`"));
    }
    let names = names_in(tokens)?;
    match names.as_slice() {
        [] => None,
        [name] => Some(format!("write the name alone: `#[depends({name})]`")),
        names => {
            let (graph, task) = (&names[0], &names[names.len() - 1]);
            Some(format!(
                "a dependency is a task of this impl, or of a graph that one of its tasks gives: `#[depends({graph}.{task})]`"
            ))
        }
    }
}

/// Gives `user` of `self.user`, `Self::user`, `&user` and `self.user()`, and both names of `pricing.total`.
fn names_in(tokens: &TokenStream) -> Option<Vec<Ident>> {
    let mut names = Vec::new();
    for token in tokens.clone() {
        match token {
            TokenTree::Ident(ident) if ident == "self" || ident == "Self" => {}
            TokenTree::Ident(ident) => names.push(ident),
            TokenTree::Punct(punct) if ['&', '.', ':'].contains(&punct.as_char()) => {}
            TokenTree::Group(group) if group.stream().is_empty() => {}
            _ => return None,
        }
    }
    Some(names)
}
