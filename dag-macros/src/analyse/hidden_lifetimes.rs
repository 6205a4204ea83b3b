//! A result type that borrows must show its lifetime. Only rustc knows that `-> Guard` means `Guard<'_>`, and it
//! suggests a lifetime that exists only in the generated code. If the block itself shows that the type has a lifetime,
//! the mistake is reported here.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{FnArg, ReturnType};

use super::signature::lifetimes;
use crate::errors::Errors;
use crate::parse::{Block, Method};

/// Types of well-known crates that borrow from something. They are generic; without arguments, the name belongs to
/// another type.
const BORROWING: [&str; 4] = ["Cow", "MutexGuard", "RwLockReadGuard", "RwLockWriteGuard"];

/// Finds results without the lifetime that their type has, and results with a lifetime that the user did not declare.
pub(super) fn check_hidden_lifetimes(block: &Block, errors: &mut Errors) {
    let mut known = Vec::new();
    for method in &block.methods {
        let types = method.sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(parameter) => Some(&*parameter.ty),
            FnArg::Receiver(_) => None,
        });
        for ty in types.chain(output(method)) {
            collect_borrowing(ty.to_token_stream(), &mut known);
        }
    }
    for method in &block.methods {
        if let Some(output) = output(method) {
            check_type(output.to_token_stream(), &known, errors);
            check_declared(method, output.to_token_stream(), block, errors);
        }
    }
}

fn output(method: &Method) -> Option<&syn::Type> {
    match &method.sig.output {
        ReturnType::Type(_, output) => Some(output),
        ReturnType::Default => None,
    }
}

/// Collects the names before `<'..`.
fn collect_borrowing(tokens: TokenStream, known: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (place, token) in tokens.iter().enumerate() {
        match (token, &tokens[place + 1..]) {
            (TokenTree::Ident(name), rest) if has_lifetime(rest) => known.push(name.to_string()),
            (TokenTree::Group(group), _) => collect_borrowing(group.stream(), known),
            _ => {}
        }
    }
}

fn check_type(tokens: TokenStream, known: &[String], errors: &mut Errors) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (place, token) in tokens.iter().enumerate() {
        let rest = &tokens[place + 1..];
        match token {
            TokenTree::Ident(name) if hides_lifetime(name, rest, known) => report(name, is_generic(rest), errors),
            TokenTree::Group(group) => check_type(group.stream(), known, errors),
            _ => {}
        }
    }
}

/// Returns whether a type that borrows is written without its lifetime. `rest` are the tokens after its name.
fn hides_lifetime(name: &Ident, rest: &[TokenTree], known: &[String]) -> bool {
    let is_path = matches!(rest, [TokenTree::Punct(punct), ..] if punct.as_char() == ':');
    let is_well_known = is_generic(rest) && BORROWING.iter().any(|known| name == known);
    (is_well_known || known.iter().any(|known| name == known)) && !has_lifetime(rest) && !is_path
}

/// Finds a lifetime that the user did not declare, such as the one that rustc suggests.
fn check_declared(method: &Method, output: TokenStream, block: &Block, errors: &mut Errors) {
    let declared = method.sig.generics.lifetimes().chain(block.generics.lifetimes());
    let declared: Vec<&Ident> = declared.map(|param| &param.lifetime.ident).collect();
    let is_higher_ranked = output.to_string().contains("for <");
    let unknown = |name: &Ident| name != "_" && name != "static" && !declared.contains(&name);
    if let Some(name) = lifetimes(output).into_iter().find(unknown).filter(|_| !is_higher_ranked) {
        let message = format!("no lifetime `'{name}` is declared here: write `'_` if the result borrows from `self`");
        errors.at(name.span(), message);
    }
}

fn report(name: &Ident, is_generic: bool, errors: &mut Errors) {
    let written = if is_generic { format!("{name}<'_, ..>") } else { format!("{name}<'_>") };
    errors.at(name.span(), format!("a result that borrows from `self` shows its lifetime: write `{written}`"));
}

/// Returns whether a lifetime is the first argument.
fn has_lifetime(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [TokenTree::Punct(open), TokenTree::Punct(quote), ..]
        if open.as_char() == '<' && quote.as_char() == '\'')
}

fn is_generic(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [TokenTree::Punct(open), ..] if open.as_char() == '<')
}
