//! The names in `#[depends(..)]` are tasks, and they form no cycle.

use std::collections::HashMap;

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;

use super::{Dependency, InnerGraph, Part, Task};
use crate::errors::Errors;
use crate::graph::Cycle;
use crate::parse::{DependencyName, Element, Method, place_of_dependency};
use crate::suggest::nearest;

/// Returns the dependencies, and the names whose absence among them has already been reported.
pub(super) fn check_dependencies<'b>(
    method: &'b Method,
    methods: &'b [Method],
    names: &HashMap<String, usize>,
    errors: &mut Errors,
) -> (Vec<Dependency<'b>>, Vec<String>) {
    let mut dependencies: Vec<Dependency<'b>> = Vec::new();
    let mut suspects = Vec::new();
    for DependencyName { catch, lazy, element, graph, task: last } in &method.depends {
        let name = graph.as_ref().unwrap_or(last);
        let plain = name.unraw().to_string();
        let Some(&task) = names.get(&plain) else {
            let known = methods.iter().map(|method| method.sig.ident.unraw().to_string());
            let guess = nearest(&plain, known.filter(|known| method.sig.ident.unraw() != known));
            let remedy = match &guess {
                Some(guess) => format!("; did you mean `{guess}`?"),
                None => place_of_dependency(&plain).map_or_else(String::new, |place| format!("; {place}")),
            };
            errors.at(name.span(), format!("no task `{name}` in this impl{remedy}"));
            suspects.extend(missed(last, element.as_ref()));
            suspects.extend(guess);
            continue;
        };
        if graph.is_some() && methods[task].options.graph.is_none() {
            if !methods[task].options.is_broken {
                let message =
                    format!("`{name}` is not marked as a graph: write `#[task(graph)]` at it, if it returns one");
                errors.at(name.span(), message);
            }
            suspects.extend(missed(last, element.as_ref()));
            continue;
        }
        let is_same = |other: &Dependency<'_>| {
            other.task == task && other.graph.is_some() == graph.is_some() && (graph.is_none() || *other.name == *last)
        };
        if dependencies.iter().any(is_same) {
            let dot = graph.as_ref().map_or_else(String::new, |graph| format!("{graph}."));
            errors.at(last.span(), format!("`{dot}{last}` is listed twice"));
            continue;
        }
        let (catch, lazy, element) = (catch.as_ref(), lazy.as_ref(), element.as_ref());
        dependencies.push(Dependency { name: last, graph: graph.as_ref(), catch, lazy, element, task });
    }
    (dependencies, suspects)
}

/// Returns the names of the parameters that a dependency would have.
fn missed(name: &Ident, element: Option<&Element>) -> Vec<String> {
    let names = element.map_or(std::slice::from_ref(name), |element| &element.names);
    names.iter().map(|name| name.unraw().to_string()).collect()
}

/// Reports each cycle at the dependency that closes it.
pub(super) fn report_cycles(
    cycles: &[Cycle],
    tasks: &[Task<'_>],
    inner_graphs: &[InnerGraph<'_>],
    parts: &[Part],
    errors: &mut Errors,
) {
    let name = |node: usize| match node.checked_sub(tasks.len()).map(|part| parts[part]) {
        None => Some(format!("`{}`", tasks[node].ident())),
        Some(Part::Inner(inner_graph, inner)) => {
            let inner_graph = &inner_graphs[inner_graph];
            Some(format!("`{}.{}`", tasks[inner_graph.task].ident(), inner_graph.inner[inner].name))
        }
        Some(Part::Driver(_)) => None,
    };
    for cycle in cycles {
        report_cycle(cycle, tasks, &name, errors);
    }
}

fn report_cycle(cycle: &[usize], tasks: &[Task<'_>], name: &impl Fn(usize) -> Option<String>, errors: &mut Errors) {
    let mut cycle = cycle.to_vec();
    // A dependency that is written in the code closes the cycle, not the node of an inner graph, which follows from it.
    let written = cycle.iter().rposition(|&node| node < tasks.len()).map_or(0, |place| place + 1);
    cycle.rotate_left(written);
    let (Some(&first), Some(&last)) = (cycle.first(), cycle.last()) else { return };
    let closing = tasks[last].dependencies.iter().find(|dependency| dependency.task == first);
    let span = closing.map_or_else(Span::call_site, |dependency| dependency.name.span());
    if first == last {
        errors.at(span, format!("task `{}` depends on itself", tasks[first].ident()));
        return;
    }
    let path: Vec<String> = cycle.iter().chain([&first]).filter_map(|&node| name(node)).collect();
    errors.at(span, format!("dependency cycle: {}", path.join(" -> ")));
}
