//! The check for a body that awaits a terminal of its own block: the terminal's future contains the body's future,
//! which would contain the terminal's future again.

use std::collections::HashMap;

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::ReturnType;
use syn::ext::IdentExt;

use super::parameters::written;
use super::{Place, place};
use crate::errors::Errors;
use crate::parse::{Block, Method};
use crate::result_type::ResultType;

/// Finds `self.user().await` in the bodies of tasks, and `join!(self.user(), ..)`.
pub(super) fn check_calls(block: &Block, names: &HashMap<String, usize>, errors: &mut Errors) {
    if block.methods.iter().any(|method| place(method, block) != Place::Inline) {
        // A terminal of such a block takes an `Arc`, and rustc reports that `self` is not an `Arc`.
        return;
    }
    for (task, method) in block.methods.iter().enumerate() {
        let TokenTree::Group(body) = &method.body else { continue };
        if method.sig.asyncness.is_none() {
            continue;
        }
        let mut calls = Vec::new();
        find_calls(body.stream(), false, &mut calls);
        for call in calls {
            if let Some(&other) = names.get(&call.unraw().to_string()) {
                report_call(&call, task, other, block, names, errors);
            }
        }
    }
}

/// Collects the names in `self.name().await`, and in `self.name()` where a `join!` awaits it. Code in an async block, a
/// closure or another function is skipped, because its future may be boxed; if it is not, rustc reports it.
fn find_calls(tokens: TokenStream, is_joined: bool, calls: &mut Vec<Ident>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut is_of_another_body = false;
    for (place, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(ident) if ["async", "fn", "impl", "trait"].iter().any(|word| ident == word) => {
                if tokens[place + 1..].iter().take(2).any(|token| is_punct(token, '|')) {
                    // The end of a closure without braces cannot be found.
                    return;
                }
                is_of_another_body = true;
            }
            TokenTree::Ident(ident) if ident == "self" => {
                calls.extend(called(&tokens[place + 1..], is_joined).cloned());
            }
            TokenTree::Group(group) => {
                let is_brace = group.delimiter() == Delimiter::Brace;
                if is_brace && std::mem::take(&mut is_of_another_body) {
                    continue;
                }
                find_calls(group.stream(), is_join(&tokens[..place]), calls);
            }
            _ => {}
        }
    }
}

/// Returns `name` of `.name().await`.
fn called(tokens: &[TokenTree], is_joined: bool) -> Option<&Ident> {
    let [dot, TokenTree::Ident(name), TokenTree::Group(arguments), rest @ ..] = tokens else { return None };
    let is_call =
        is_punct(dot, '.') && arguments.delimiter() == Delimiter::Parenthesis && arguments.stream().is_empty();
    let is_awaited = match rest {
        [dot, TokenTree::Ident(word), ..] if is_punct(dot, '.') => word == "await",
        [] => is_joined,
        [next, ..] => is_joined && is_punct(next, ','),
    };
    (is_call && is_awaited).then_some(name)
}

/// Returns whether tokens end in `join!` or `try_join!`.
fn is_join(tokens: &[TokenTree]) -> bool {
    match tokens {
        [.., TokenTree::Ident(name), mark] => is_punct(mark, '!') && (name == "join" || name == "try_join"),
        _ => false,
    }
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

fn report_call(
    call: &Ident,
    task: usize,
    other: usize,
    block: &Block,
    names: &HashMap<String, usize>,
    errors: &mut Errors,
) {
    let boxed = format!("`Box::pin(self.{call}())`");
    let call_of_its_own = format!("`self.{call}()` starts a call of its own");
    let message = if needs(other, task, &block.methods, names) {
        format!("{call_of_its_own}, which needs this task: write {boxed} if that is meant")
    } else if is_collection(&block.methods[task], call) {
        format!(
            "{call_of_its_own}; this task gets one element: depend on a task that returns what is needed of `{call}` (or {boxed} \
             if that is meant)"
        )
    } else {
        let parameter = parameter(&block.methods[other]).map_or_else(String::new, |parameter| format!(", {parameter}"));
        format!(
            "{call_of_its_own}; take its result instead: `#[depends({call})]`{parameter} (or {boxed} if that is meant)"
        )
    };
    errors.at(call.span(), message);
}

/// Returns whether a task runs for each element of the result of another.
fn is_collection(method: &Method, name: &Ident) -> bool {
    method.depends.iter().any(|it| it.element.is_some() && it.graph.is_none() && it.task.unraw() == name.unraw())
}

/// Returns `user: &User` for a task of that name, and `users: &[User]` for one that runs once for each element.
fn parameter(method: &Method) -> Option<String> {
    let ReturnType::Type(_, output) = &method.sig.output else { return None };
    let result = ResultType::of(output).filter(|_| method.options.catch.is_none());
    let value = result.map_or(Some(&**output), |result| result.ok())?;
    let value = match (written(value), value) {
        (value, _) if method.collected.is_some() => format!("&[{value}]"),
        (value, syn::Type::Reference(_)) => value,
        (value, _) => format!("&{value}"),
    };
    Some(format!("`{}: {value}`", method.sig.ident))
}

/// Returns whether a task is another, or depends on it.
fn needs(task: usize, other: usize, methods: &[Method], names: &HashMap<String, usize>) -> bool {
    let mut is_known = vec![false; methods.len()];
    let mut open = vec![task];
    while let Some(task) = open.pop() {
        if task == other {
            return true;
        }
        if !std::mem::replace(&mut is_known[task], true) {
            let names_of = methods[task].depends.iter().map(|name| name.graph.as_ref().unwrap_or(&name.task));
            open.extend(names_of.filter_map(|name| names.get(&name.unraw().to_string())));
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str) -> Vec<String> {
        let mut calls = Vec::new();
        find_calls(body.parse().expect("tokens"), false, &mut calls);
        calls.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_call_is_found_wherever_the_body_awaits_it() {
        for body in [
            "self.user().await",
            "let user = self.user().await?;",
            "if late { loop { self.user().await } }",
            "match self.user().await { User { .. } => {} }",
            "Some(self.user().await)",
            "join!(self.user(), other)",
            "futures::try_join!(other, self.user())",
        ] {
            assert_eq!(found(body), ["user"], "{body}");
        }
        assert_eq!(found("join!(self.user(), self.cart(), self.stock().await)"), ["user", "cart", "stock"]);
        assert_eq!(found("async { self.user().await }; { self.cart().await }"), ["cart"]);
    }

    #[test]
    fn the_results_of_a_task_for_each_element_are_a_slice() {
        for (declared, parameter) in [
            ("-> Page", "`#[depends(pages)]`, `pages: &[Page]` (or"),
            ("-> Result<&str, Lost>", "`#[depends(pages)]`, `pages: &[&str]` (or"),
            ("", "`#[depends(pages)]` (or"),
        ] {
            let block = format!(
                "impl Site {{
                    fn ids(&self) -> Vec<u8> {{ vec![] }}
                    #[depends(id in ids)] async fn pages(&self, id: u8) {declared} {{ todo!() }}
                    async fn sum(&self) -> u64 {{ self.pages().await }}
                }}"
            );
            let expansion = crate::expand_dag(TokenStream::new(), block.parse().expect("tokens")).to_string();
            assert!(expansion.contains(parameter), "{expansion}");
        }
    }

    #[test]
    fn a_call_that_the_body_does_not_await_is_not_found() {
        for body in [
            "self.user()",
            "(self.user(), other)",
            "let user = self.user(); user",
            "self.user.await",
            "self.user[0].await",
            "self.user(1).await",
            "other.user().await",
            "self::user().await",
            "self.user().boxed().await",
            "select!(self.user(), other)",
            "vec![self.user(), other]",
            "join(self.user(), other)",
            "join!(self.user().boxed(), other)",
            "async move { self.user().await }",
            "async { if late { self.user().await } }",
            "|| async { self.user().await }",
            "async || self.user().await",
            "fn user(&self) -> User { self.user().await }",
        ] {
            assert_eq!(found(body), <[&str; 0]>::default(), "{body}");
        }
    }
}
