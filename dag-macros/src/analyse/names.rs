//! Each task has its own name, and no task has a name that generated code needs.

use std::collections::HashMap;

use proc_macro2::Ident;
use syn::ext::IdentExt;

use crate::errors::Errors;
use crate::parse::Block;

/// Returns the position of each task by its name.
pub(super) fn check_names(block: &Block, errors: &mut Errors) -> HashMap<String, usize> {
    let mut names = HashMap::new();
    for (position, method) in block.methods.iter().enumerate() {
        let name = &method.sig.ident;
        if names.insert(name.unraw().to_string(), position).is_some() {
            errors.at(name.span(), format!("task `{name}` is defined twice"));
        }
    }
    let closes = block.methods.iter().any(|method| method.options.close.is_some());
    for method in &block.methods {
        check_reserved(&method.sig.ident, closes, &names, errors);
    }
    names
}

fn check_reserved(name: &Ident, closes: bool, names: &HashMap<String, usize>, errors: &mut Errors) {
    let plain = name.unraw().to_string();
    let injected = plain.strip_prefix("with_").filter(|task| names.contains_key(*task));
    let reason = match plain.as_str() {
        "run" | "run_owned" | "graph" => format!("`{plain}` is a method that `#[dag]` generates"),
        "all" | "cancel_abandoned" | "observe" | "max_concurrency" | "retry_failed" | "settle" => {
            format!("`{plain}` is a method of every run")
        }
        "close" if closes => "`close` is a method of a run whose results are closed".to_owned(),
        _ if plain.starts_with("__dag_") => "names that begin with `__dag_` are `#[dag]`'s own".to_owned(),
        _ => match injected {
            Some(task) => format!("`{plain}` is the method of a run that injects the result of `{task}`"),
            None => return,
        },
    };
    errors.at(name.span(), format!("{reason}: give the task another name"));
}
