//! The names in `#[depends(..)]` are tasks, and following them never leads back.

use std::collections::HashMap;

use proc_macro2::Span;
use syn::ext::IdentExt;

use super::{Dependency, Task};
use crate::errors::Errors;
use crate::graph::Cycle;
use crate::parse::Method;
use crate::suggest::nearest;

/// Gives the dependencies, and the names whose absence among them is a mistake already told.
pub(super) fn check_dependencies<'b>(
    method: &'b Method,
    methods: &'b [Method],
    names: &HashMap<String, usize>,
    errors: &mut Errors,
) -> (Vec<Dependency<'b>>, Vec<String>) {
    let mut dependencies: Vec<Dependency<'b>> = Vec::new();
    let mut suspects = Vec::new();
    for name in &method.depends {
        let plain = name.unraw().to_string();
        let Some(&task) = names.get(&plain) else {
            let known = methods.iter().map(|method| method.sig.ident.unraw().to_string());
            let guess = nearest(&plain, known.filter(|known| method.sig.ident.unraw() != known));
            let remedy = guess.as_ref().map_or_else(String::new, |guess| format!("; did you mean `{guess}`?"));
            errors.at(name.span(), format!("no task `{name}` in this impl{remedy}"));
            suspects.push(plain);
            suspects.extend(guess);
            continue;
        };
        if dependencies.iter().any(|dependency| dependency.task == task) {
            errors.at(name.span(), format!("`{name}` is listed twice"));
            continue;
        }
        dependencies.push(Dependency { name, task });
    }
    (dependencies, suspects)
}

/// Reports each cycle at the dependency that closes it.
pub(super) fn report_cycles(cycles: &[Cycle], tasks: &[Task<'_>], errors: &mut Errors) {
    for cycle in cycles {
        report_cycle(cycle, tasks, errors);
    }
}

fn report_cycle(cycle: &[usize], tasks: &[Task<'_>], errors: &mut Errors) {
    let (Some(&first), Some(&last)) = (cycle.first(), cycle.last()) else { return };
    let closing = tasks[last].dependencies.iter().find(|dependency| dependency.task == first);
    let span = closing.map_or_else(Span::call_site, |dependency| dependency.name.span());
    if first == last {
        errors.at(span, format!("task `{}` depends on itself", tasks[first].ident()));
        return;
    }
    let path: Vec<String> = cycle.iter().chain([&first]).map(|&task| format!("`{}`", tasks[task].ident())).collect();
    errors.at(span, format!("dependency cycle: {}", path.join(" -> ")));
}
