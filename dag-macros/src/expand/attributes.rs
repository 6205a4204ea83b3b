//! In: the attributes of a task. Out: the attributes of its terminal, which users see, and the attributes of its body.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Path, Token};

/// Lints about a signature: they apply to the terminal.
const TERMINAL_LINTS: [&str; 9] = [
    "dead_code",
    "missing_docs",
    "private_interfaces",
    "unreachable_pub",
    "missing_errors_doc",
    "missing_panics_doc",
    "must_use_candidate",
    "double_must_use",
    "future_not_send",
];

/// Returns the attributes that the terminal keeps: docs, notes for its callers, and lints about its signature.
pub(crate) fn for_terminal(attrs: &[Attribute]) -> TokenStream {
    let mut kept = TokenStream::new();
    for attr in attrs {
        if ["doc", "deprecated", "must_use"].iter().any(|name| attr.path().is_ident(name)) {
            attr.to_tokens(&mut kept);
            if matches!(&attr.meta, Meta::Path(path) if path.is_ident("must_use")) {
                // The terminal may return a `Result` even if the task does not.
                kept.extend(quote!(#[allow(clippy::double_must_use)]));
            }
        } else if let Some(lints) = lints(attr) {
            write_lints(attr, lints.iter().filter(|lint| is_of_terminal(lint)), &mut kept);
            if lints.iter().any(|lint| lint.path().is_ident("non_snake_case")) {
                // The body has the same name and also the parameters: only the body can fulfil an `expect`.
                kept.extend(quote!(#[allow(non_snake_case)]));
            }
        }
    }
    kept
}

/// Returns the attributes that the body keeps: all others, so that other attribute macros see only the body.
pub(crate) fn for_body(attrs: &[Attribute], task: &Ident) -> TokenStream {
    let mut kept = TokenStream::new();
    if !is_snake_case(task) {
        // This is reported at the terminal.
        kept.extend(quote!(#[allow(non_snake_case)]));
    }
    for attr in attrs {
        if ["doc", "deprecated", "must_use"].iter().any(|name| attr.path().is_ident(name)) {
            continue;
        }
        if let Some(lints) = lints(attr) {
            write_lints(attr, lints.iter().filter(|lint| !is_of_terminal(lint)), &mut kept);
        } else if attr.path().segments.last().is_some_and(|last| last.ident == "instrument") {
            write_instrument(attr, task, &mut kept);
        } else {
            attr.to_tokens(&mut kept);
        }
    }
    kept
}

/// Returns the arguments of `#[allow(..)]` and its like, `reason = ".."` included.
fn lints(attr: &Attribute) -> Option<Vec<Meta>> {
    let levels = ["allow", "expect", "warn", "deny", "forbid"];
    if !levels.iter().any(|level| attr.path().is_ident(level)) {
        return None;
    }
    let lints = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
    Some(lints.into_iter().collect())
}

fn is_of_terminal(lint: &Meta) -> bool {
    lint.path().segments.last().is_some_and(|last| TERMINAL_LINTS.iter().any(|name| last.ident == name))
}

/// Returns whether a name is still in snake case after `__dag_task_`.
fn is_snake_case(task: &Ident) -> bool {
    let name = task.unraw().to_string();
    !name.starts_with('_') && !name.contains("__") && !name.contains(char::is_uppercase)
}

/// Writes `#[level(lints, reason = "..")]` if a lint is left.
fn write_lints<'m>(attr: &Attribute, lints: impl Iterator<Item = &'m Meta>, kept: &mut TokenStream) {
    let (reasons, lints): (Vec<&Meta>, Vec<&Meta>) = lints.partition(|lint| lint.path().is_ident("reason"));
    if !lints.is_empty() {
        let level: &Path = attr.path();
        kept.extend(quote!(#[#level(#(#lints,)* #(#reasons),*)]));
    }
}

/// Adds the name of the task to `#[instrument]`, which would otherwise log the name of the body.
fn write_instrument(attr: &Attribute, task: &Ident, kept: &mut TokenStream) {
    let name = task.unraw().to_string();
    let path = attr.path();
    let arguments = match &attr.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    let mut tokens = arguments.clone().into_iter();
    let is_named = tokens.any(|token| token.to_string() == "name");
    if is_named {
        attr.to_tokens(kept);
    } else {
        kept.extend(quote!(#[#path(name = #name, #arguments)]));
    }
}
