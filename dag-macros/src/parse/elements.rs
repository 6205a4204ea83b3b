//! The mistakes in `id in ids`, and in other ways to write it.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;

use super::depends::{KINDS, is_ident, names_in};

/// Words that people write before the name of an element.
const NEEDLESS: [&str; 5] = ["for", "each", "mut", "ref", "let"];

/// A collection whose name is not to be found.
const UNKNOWN: &str = "rows";

/// Returns the mistake in a dependency with the word `in`, and the tokens at which it is reported.
pub(super) fn mistaken_element(tokens: &TokenStream) -> Option<(TokenStream, String)> {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let place = tokens.iter().position(|token| is_ident(token, "in"))?;
    let (before, word, behind) = (&tokens[..place], &tokens[place], &tokens[place + 1..]);
    let guilty: TokenStream = if behind.is_empty() { &tokens } else { behind }.iter().cloned().collect();
    let collection = match names_in(&behind.iter().cloned().collect()).as_deref() {
        Some([name, ..]) if !is_kind(name) => name.to_string(),
        _ => UNKNOWN.to_owned(),
    };
    let element = match before {
        [] => {
            let message =
                format!("the element has a name before `{word}`: write `#[depends(row {word} {collection})]`");
            return Some((word.to_token_stream(), message));
        }
        [TokenTree::Ident(needless), TokenTree::Ident(name)] if NEEDLESS.iter().any(|it| needless == it) => {
            let message = format!("take `{needless}` away: write `#[depends({name} {word} {collection})]`");
            return Some((needless.to_token_stream(), message));
        }
        [TokenTree::Ident(kind), TokenTree::Ident(name)] if is_kind(kind) => name.to_string(),
        [TokenTree::Ident(name)] if name == "_" => {
            let message = format!(
                "an element has a name, also without a parameter: write `#[depends(_row {word} {collection})]`"
            );
            return Some((name.to_token_stream(), message));
        }
        [TokenTree::Ident(name)] => name.to_string(),
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::Parenthesis => {
            let names = parts(group)?;
            if names.is_empty() {
                let message = format!("an element has a name: write `#[depends(row {word} {collection})]`");
                return Some((group.to_token_stream(), message));
            }
            if names.iter().any(|name| name == "_") {
                let message =
                    "each part of an element has a name, also without a parameter: write `_name` in place of `_`";
                return Some((group.to_token_stream(), message.to_owned()));
            }
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            format!("({})", names.join(", "))
        }
        _ => return None,
    };
    let written = format!("`#[depends({element} {word} {collection})]`");
    let message = match behind {
        [TokenTree::Ident(kind), _, ..] if is_kind(kind) => {
            let rows = names_in(&behind[1..].iter().cloned().collect()).and_then(|names| names.into_iter().next());
            let rows = rows.map_or(collection, |name| name.to_string());
            format!("`{kind}` cannot stand behind `{word}`: {}", between(kind, &rows))
        }
        [TokenTree::Ident(this), TokenTree::Punct(_), TokenTree::Ident(field)] if this == "self" => format!(
            "the collection is the result of a task: write a task `fn {field}(&self) -> &[..] {{ &self.{field} }}`, and {written}"
        ),
        _ if collection == UNKNOWN => format!(
            "the name of a task comes after `{word}`, and nothing else: write a task `{collection}` that returns the elements, \
             and {written}"
        ),
        _ => format!("the name of a task comes after `{word}`, and nothing else: write {written}"),
    };
    Some((guilty, message))
}

/// Says how a task gets the elements of a collection that has another kind of dependency.
pub(crate) fn between(kind: &Ident, collection: &str) -> String {
    format!(
        "write a task that takes `#[depends({kind} {collection})]` and returns the elements, and depend on that one"
    )
}

/// Returns what may have been meant by two names without `in` between them: `id of ids`, `each ids`.
pub(super) fn meant_element(idents: &[Ident]) -> Option<(Ident, String)> {
    match idents {
        [name, of, rows] if of == "of" => {
            Some((of.clone(), format!("`of` is no word here: for each element, write `#[depends({name} in {rows})]`")))
        }
        [needless, rows] if NEEDLESS.iter().any(|it| needless == it) => {
            let message = format!(
                "no kind of dependency is called `{needless}`: for each element, write `#[depends(row in {rows})]`"
            );
            Some((needless.clone(), message))
        }
        _ => None,
    }
}

fn is_kind(word: &Ident) -> bool {
    KINDS.iter().any(|kind| word == kind)
}

/// Returns the names in `(name, price)`.
fn parts(group: &Group) -> Option<Vec<Ident>> {
    let mut names = Vec::new();
    let mut is_after_name = false;
    for token in group.stream() {
        match token {
            TokenTree::Ident(name) if !is_after_name => names.push(name),
            TokenTree::Punct(comma) if comma.as_char() == ',' && is_after_name => {}
            _ => return None,
        }
        is_after_name = !is_after_name;
    }
    Some(names)
}
