//! Checks of inner graphs that only the type system can make. The traits that they ask for, with their messages, are in
//! `schedule/inner` of the runtime.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::{at, at_type, inner_graph_at, inner_task, value_span};
use crate::analyse::Task;
use crate::expand::{Expansion, edges};

/// Returns the bounds that detect a graph that contains itself.
pub(in crate::expand) fn finite(expansion: &Expansion<'_>) -> Vec<TokenStream> {
    let graphs = expansion.dag.tasks.iter().enumerate().filter(|(_, task)| task.method.options.graph.is_some());
    let bounds = graphs.map(|(position, _)| {
        let span = value_span(expansion, position);
        let object = at(expansion.value_type(&expansion.dag.tasks[position]), span, "__x");
        let runtime = expansion.runtime_at(span);
        quote_spanned!(span=> for<'__x> #object: #runtime::DoesNotContainItself,)
    });
    bounds.collect()
}

/// Returns the checks of inner graphs. `name` is the type parameter that represents a task.
pub(in crate::expand) fn checks(
    expansion: &Expansion<'_>,
    name: impl Fn(&Task<'_>) -> Ident,
) -> (Vec<Ident>, TokenStream) {
    let mut checks = TokenStream::new();
    for (position, task) in expansion.dag.tasks.iter().enumerate() {
        if task.method.options.graph.is_none() {
            continue;
        }
        let at = value_span(expansion, position);
        let runtime = expansion.runtime_at(at);
        let graph = inner_graph_at(expansion, position, at, "_");
        let across = (!expansion.dag.block.options.local)
            .then(|| quote_spanned!(at=> #runtime::require_across_threads::<#graph::Place>();));
        let object = at_type(expansion, position, at);
        checks.extend(quote_spanned! {at=>
            #runtime::require_finite::<#object>();
            #runtime::require_inline_tasks::<#graph::Place>();
            #runtime::require_owned_errors::<#graph::Place>();
            #across
        });
    }
    checks.extend(edges::checks(expansion));
    let mut unfailing = Vec::new();
    for task in expansion.dag.tasks.iter().filter(|task| !task.gives_result()) {
        for reached in task.inner.iter().filter(|reached| !reached.is_told) {
            let Some((inner_graph, inner)) = expansion.dag.inner(reached.node) else { continue };
            let at = reached.by.span().resolved_at(Span::mixed_site());
            let runtime = expansion.runtime_at(at);
            let (task_inside, name) = (inner_task(expansion, inner_graph, inner), name(task));
            checks.extend(quote_spanned!(at=> #runtime::require_unfailing::<#name, _, _, _, _>(#task_inside);));
            if !unfailing.contains(&name) {
                unfailing.push(name);
            }
        }
    }
    (unfailing, checks)
}
