//! The rules for a block whose results are stored. Whether a result can be stored is checked through its type.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

use super::Dag;
use super::place::check_object;
use crate::errors::Errors;

/// Checks `#[dag(durable)]`.
pub(super) fn check_durable(dag: &Dag<'_>, errors: &mut Errors) {
    let Some(durable) = &dag.block.options.durable else { return check_versions(dag, errors) };
    if !cfg!(feature = "durable") {
        errors.at(durable.span(), "`durable` needs the feature `durable` of adagio");
    }
    if dag.block.options.local {
        let message = "`durable` and `local` contradict each other: an engine runs the tasks on any thread";
        errors.at(durable.span(), message);
    }
    check_references(dag, errors);
    for task in &dag.tasks {
        if let Some(given) = &task.method.options.retry_after {
            let message = "`retry_after` is not supported in a `durable` block yet, since an engine waits as `backoff` \
                           says: take it away";
            errors.at(given.name.span(), message);
        }
        if let Some(finish) = &task.method.options.finish {
            let message = "`finish` is not supported in a `durable` block yet, since an engine may run the task again while \
                           it ends: take it away";
            errors.at(finish.span(), message);
        }
    }
    if !dag.is_shared() {
        let message = "this object borrows, but a durable run owns its object, so that it can be taken up again later: let \
                       the object own its parts, or share them in an `Arc`";
        check_object(dag, message, errors);
    }
}

/// Only stored results have a version.
fn check_versions(dag: &Dag<'_>, errors: &mut Errors) {
    for version in dag.block.methods.iter().filter_map(|method| method.options.version.as_ref()) {
        let message = "`version` is for a `#[dag(durable)]` block, whose results are stored: take it away";
        errors.at(version.name.span(), message);
    }
}

/// The type check would find references too, but would not say where they are.
fn check_references(dag: &Dag<'_>, errors: &mut Errors) {
    for task in &dag.tasks {
        let value = match &task.fails {
            Some(fails) => fails.result.ok(),
            None => task.output,
        };
        if let Some(value) = value.filter(|value| has_reference(value.to_token_stream())) {
            let message = "a stored result is read back as an owned value, never as a reference: return an owned type, such \
                           as `String` for `&str`";
            errors.over(value, message);
        }
    }
}

fn has_reference(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => has_reference(group.stream()),
        TokenTree::Punct(punct) => punct.as_char() == '&',
        _ => false,
    })
}
