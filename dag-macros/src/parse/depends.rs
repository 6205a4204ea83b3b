//! In: `#[depends(..)]`. Out: the names in it; what is no name tells how it should have been written.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Meta};

use crate::errors::Errors;

const FORM: &str = "name the tasks that must be done first: `#[depends(user, cart)]`";

/// Appends the names of one attribute.
pub(super) fn parse_depends(attr: &Attribute, depends: &mut Vec<Ident>, errors: &mut Errors) {
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
            Ok(DependencyName(name)) => depends.push(name),
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

/// A task's name, also through the invisible group of a macro's fragment.
struct DependencyName(Ident);

impl Parse for DependencyName {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if let Ok(name) = input.parse::<Ident>() {
            return Ok(Self(name));
        }
        let group = input.parse::<Group>()?;
        if group.delimiter() == Delimiter::None { syn::parse2(group.stream()) } else { Err(input.error("")) }
    }
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
            let name = names.iter().map(Ident::to_string).collect::<Vec<_>>().join(".");
            Some(format!(
                "a dependency is a task of this impl: tasks of another graph, like `{name}`, cannot be named yet"
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
