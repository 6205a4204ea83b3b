//! The names of generated items and variables, and users' names with the span of the macro.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::ext::IdentExt;

/// Returns the name of the method that has a task's body; a task may be called `drive` or `check`.
pub(crate) fn body_ident(task: &Ident) -> Ident {
    format_ident!("__dag_task_{}", task.unraw(), span = task.span())
}

/// Returns a user's name with another span. The macro's span has the macro's edition, which may reserve words that are
/// names in the user's edition.
pub(super) fn at_span(name: &Ident, span: Span) -> Ident {
    let plain = name.to_string();
    if ["async", "await", "dyn", "gen", "try"].contains(&plain.as_str()) {
        return Ident::new_raw(&plain, span);
    }
    let mut name = name.clone();
    name.set_span(span);
    name
}

/// Returns the span of the methods that are generated for a task: an editor then jumps to the task.
pub(super) fn at_task(task: &Ident) -> Span {
    task.span().resolved_at(Span::mixed_site())
}

/// Returns the name of the variable of a task's slot; a task may be called `cells` or `result`.
pub(super) fn local_ident(task: &Ident) -> Ident {
    format_ident!("__{}_slot", task.unraw(), span = Span::mixed_site())
}
