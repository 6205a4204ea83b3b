//! The rules for tasks that take a permit of a semaphore of the object.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;

use super::Dag;
use crate::errors::Errors;

/// Checks `permit` of all tasks. A semaphore counts only in its own process.
pub(super) fn check_permit(dag: &Dag<'_>, errors: &mut Errors) {
    for task in &dag.tasks {
        let options = &task.method.options;
        let Some(permit) = &options.permit else { continue };
        let span = permit.name.span();
        if dag.block.options.durable.is_some() {
            let message = "`permit` is not supported in a `durable` block yet, since an engine may run its tasks in several \
                           processes, and a semaphore counts only those of one: take it away";
            errors.at(span, message);
        } else if let Some(remote) = &options.remote {
            let message = format!(
                "`{remote}` and `permit` contradict each other: a semaphore counts only the tasks of its own process; take \
                 one away"
            );
            errors.at(span, message);
        } else if let Some(object) = object_in(permit.value.to_token_stream()) {
            errors.at(object.span(), "`self` is not in scope here: write `permit = |this| &this.semaphore`");
        }
    }
}

/// Returns the first `self` that is a value, and not the beginning of a path.
fn object_in(tokens: TokenStream) -> Option<Ident> {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is_path = matches!(tokens.peek(), Some(TokenTree::Punct(mark)) if mark.as_char() == ':');
        let found = match token {
            TokenTree::Ident(ident) if ident == "self" && !is_path => Some(ident),
            TokenTree::Group(group) => object_in(group.stream()),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}
