//! In: `#[depends(..)]`. Out: the names in it, each with its kind. The error for anything else says how it should be
//! written.

use proc_macro2::{Delimiter, Group, Ident, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Meta, Token, token};

use super::elements::{meant_element, mistaken_element};
use super::misplaced::is_task_option;
use crate::errors::Errors;
use crate::suggest::nearest;

const FORM: &str = "name the tasks that must be done first: `#[depends(user, cart)]`";

/// The words for kinds of dependencies.
pub(super) const KINDS: [&str; 2] = ["catch", "lazy"];

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
            Err(_) => {
                let (guilty, message) =
                    moved(&tokens).or_else(|| mistaken_element(&tokens)).or_else(|| misplaced_word(&tokens)).unzip();
                let message = message.or_else(|| not_a_name(&tokens)).unwrap_or_else(|| FORM.to_owned());
                errors.over(guilty.unwrap_or(tokens), message);
            }
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

/// The name of a task, or the name of a graph, a dot and the name of an inner task. A word for the kind of dependency
/// may come first, or the name of an element and `in`.
#[derive(Clone)]
pub(crate) struct DependencyName {
    pub(crate) catch: Option<Ident>,
    pub(crate) lazy: Option<Ident>,
    pub(crate) element: Option<Element>,
    pub(crate) graph: Option<Ident>,
    pub(crate) task: Ident,
}

/// The names that a task has for the element that it gets: `id` of `id in ids`, or `name` and `price` of
/// `(name, price) in prices`.
#[derive(Clone)]
pub(crate) struct Element {
    pub(crate) names: Vec<Ident>,
    /// The names stand in parentheses: they are the parts of a tuple.
    pub(crate) is_tuple: bool,
    pub(crate) word: Token![in],
}

impl Parse for DependencyName {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            let names = content.parse_terminated(parse_name, Token![,])?;
            // `(id)` is `id`, as in Rust.
            let is_tuple = names.len() != 1 || names.trailing_punct();
            if names.is_empty() {
                return Err(content.error("an element has a name"));
            }
            let element = Element { names: names.into_iter().collect(), is_tuple, word: input.parse()? };
            return Self::parse_path(input, parse_name(input)?, None, Some(element));
        }
        let mut first = parse_name(input)?;
        // Without a following name, the word is the name of a task or of an element.
        let is_alone = input.is_empty() || input.peek(Token![.]) || input.peek(Token![in]);
        let kind = if KINDS.iter().any(|kind| first == kind) && !is_alone {
            Some(std::mem::replace(&mut first, parse_name(input)?))
        } else {
            None
        };
        let element = match input.parse::<Option<Token![in]>>()? {
            Some(word) => {
                let name = std::mem::replace(&mut first, parse_name(input)?);
                Some(Element { names: vec![name], is_tuple: false, word })
            }
            None => None,
        };
        Self::parse_path(input, first, kind, element)
    }
}

impl DependencyName {
    fn parse_path(
        input: ParseStream<'_>,
        first: Ident,
        kind: Option<Ident>,
        element: Option<Element>,
    ) -> syn::Result<Self> {
        let (catch, lazy) = match kind {
            Some(kind) if kind == "lazy" => (None, Some(kind)),
            kind => (kind, None),
        };
        if input.parse::<Option<Token![.]>>()?.is_none() {
            return Ok(Self { catch, lazy, element, graph: None, task: first });
        }
        Ok(Self { catch, lazy, element, graph: Some(first), task: parse_name(input)? })
    }
}

/// Returns how a value moves, and the word `move`, which no dependency needs.
fn moved(tokens: &TokenStream) -> Option<(TokenStream, String)> {
    let is_move = |token: &TokenTree| is_ident(token, "move");
    let word = tokens.clone().into_iter().find(is_move)?;
    let name: TokenStream = tokens.clone().into_iter().filter(|token| !is_move(token)).collect();
    let name = if name.is_empty() { "rows".to_owned() } else { name.to_string().replace(' ', "") };
    let message = format!(
        "`move` is no kind of dependency: write `#[depends({name})]`; a call moves the value into a parameter `T` of the last \
         task that reads it, and `&T` never clones"
    );
    Some((word.into(), message))
}

/// Returns the mistake in two adjacent names, and the name at which it is reported.
fn misplaced_word(tokens: &TokenStream) -> Option<(TokenStream, String)> {
    let idents: Vec<Ident> = tokens
        .clone()
        .into_iter()
        .take_while(|token| matches!(token, TokenTree::Ident(_)))
        .filter_map(|token| if let TokenTree::Ident(ident) = token { Some(ident) } else { None })
        .collect();
    let [first, second, ..] = idents.as_slice() else { return None };
    let is_kind = |word: &Ident| KINDS.iter().any(|kind| word == kind);
    if let Some((guilty, message)) = meant_element(&idents) {
        return Some((guilty.to_token_stream(), message));
    }
    let told = if is_kind(first) && is_kind(second) && idents.len() > 2 {
        (second, format!("`{first}` and `{second}` do not combine: one word before a name"))
    } else if second == "as" {
        (
            second,
            format!(
                "a parameter has the name of its dependency: write `#[depends({first})]`, and call the parameter `{first}`"
            ),
        )
    } else {
        let meant = nearest(&first.to_string(), KINDS.iter().map(ToString::to_string));
        match meant.filter(|_| !is_kind(first)) {
            Some(meant) => (first, format!("no kind of dependency is called `{first}`; did you mean `{meant}`?")),
            None => {
                let (before, behind) = if is_kind(first) { (second, idents.get(2)?) } else { (first, second) };
                let message = format!(
                    "a comma is missing before `{behind}`: `#[depends({before}, {behind})]`; or a word, as in `catch {behind}`, \
                     `lazy {behind}`, `{before} in {behind}`"
                );
                (behind, message)
            }
        }
    };
    Some((told.0.to_token_stream(), told.1))
}

/// Parses a name, also through the invisible group of a macro's fragment.
fn parse_name(input: ParseStream<'_>) -> syn::Result<Ident> {
    if let Ok(name) = input.parse::<Ident>() {
        return Ok(name);
    }
    let group = input.parse::<Group>()?;
    if group.delimiter() == Delimiter::None { syn::parse2(group.stream()) } else { Err(input.error("")) }
}

/// Returns how to write a dependency that was not written as a name.
fn not_a_name(tokens: &TokenStream) -> Option<String> {
    if let Some(word) = tokens.clone().into_iter().find(|token| is_ident(token, "in")) {
        return Some(format!(
            "only names may stand before `{word}`: write `#[depends(row in rows)]`, or `#[depends((name, price) in prices)]`"
        ));
    }
    if let Some((task, method)) = called(tokens) {
        return Some(format!(
            "a dependency is a name, not a call: write `#[depends({task})]` and call `{method}` in the body, or \
             `#[depends({task}.{method})]` if `{method}` is a task of that graph"
        ));
    }
    if let Some((kind, name)) = kind_with_parentheses(tokens) {
        return Some(format!("`{kind}` stands before a name, without parentheses: `#[depends({kind} {name})]`"));
    }
    if let Some(name) = before(tokens, '=').filter(|name| is_task_option(&name.to_string())) {
        return Some(format!(
            "`{name}` is an option, not a dependency: write `#[task({tokens})]` beside `#[depends(..)]`"
        ));
    }
    if let Some(name) = before(tokens, '=') {
        let rows = name_behind(tokens).unwrap_or_else(|| "rows".to_owned());
        return Some(format!(
            "`=` does not stand in `#[depends(..)]`: write `#[depends({rows})]`, or `#[depends({name} in {rows})]` for each element"
        ));
    }
    if let Some(typed) = before(tokens, ':') {
        let each = name_behind(tokens).filter(|rows| rows.starts_with(char::is_lowercase));
        let each = each.map_or_else(String::new, |rows| format!("; for each element, `#[depends({typed} in {rows})]`"));
        return Some(format!("write the name alone: `#[depends({typed})]`; the type stands at the parameter{each}"));
    }
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
                "a dependency is a task of this impl, or of a graph that one of its tasks returns: `#[depends({graph}.{task})]`"
            ))
        }
    }
}

pub(super) fn is_ident(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

/// Returns `user` and `len` of `user.len()`.
fn called(tokens: &TokenStream) -> Option<(Ident, Ident)> {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(task), TokenTree::Punct(dot), TokenTree::Ident(method), TokenTree::Group(_)]
            if dot.as_char() == '.' && task != "self" =>
        {
            Some((task.clone(), method.clone()))
        }
        _ => None,
    }
}

/// Returns `catch` and `user` of `catch(user)`.
fn kind_with_parentheses(tokens: &TokenStream) -> Option<(Ident, TokenStream)> {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(word), TokenTree::Group(group)] if KINDS.iter().any(|kind| word == kind) => {
            let name = syn::parse2::<DependencyName>(group.stream()).ok()?;
            let graph = name.graph.map(|graph| quote::quote!(#graph.));
            let task = name.task;
            Some((word.clone(), quote::quote!(#graph #task)))
        }
        _ => None,
    }
}

/// Returns the name before a mark that stands alone: `user` of `user: User`.
fn before(tokens: &TokenStream, mark: char) -> Option<Ident> {
    let mut tokens = tokens.clone().into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Ident(name)), Some(TokenTree::Punct(punct)))
            if punct.as_char() == mark && punct.spacing() == Spacing::Alone =>
        {
            Some(name)
        }
        _ => None,
    }
}

/// Returns the name that is the last token.
fn name_behind(tokens: &TokenStream) -> Option<String> {
    match tokens.clone().into_iter().last() {
        Some(TokenTree::Ident(name)) => Some(name.to_string()),
        _ => None,
    }
}

/// Returns `user` of `self.user`, `Self::user`, `&user` and `self.user()`, and both names of `pricing.total`.
pub(super) fn names_in(tokens: &TokenStream) -> Option<Vec<Ident>> {
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
