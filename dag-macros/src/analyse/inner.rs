//! Graphs inside the block's own graph: which of their tasks are named, and the rules for naming them.

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Ident, Type};

use super::{Place, Task, type_name};
use crate::errors::Errors;
use crate::parse::{Block, Method};
use crate::result_type::ResultType;

/// An inner graph whose tasks this graph needs.
pub(crate) struct InnerGraph<'b> {
    /// The position of the task that returns the object.
    pub(crate) task: usize,
    /// The node that stands for the driver of the graph.
    pub(crate) driver: usize,
    /// Its tasks that are named, in the order of their first mention.
    pub(crate) inner: Vec<Inner<'b>>,
}

pub(crate) struct Inner<'b> {
    /// Where it is first named.
    pub(crate) name: &'b Ident,
    /// The node that stands for the task.
    pub(crate) node: usize,
}

/// A node of the graph that is not a task of the block. These nodes are numbered after the tasks.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// The driver of the inner graph at a position.
    Driver(usize),
    /// The inner task at the second position of the inner graph at the first.
    Inner(usize, usize),
}

/// Collects the named graphs, and makes each dependency on one of their tasks point to its own node.
pub(super) fn find_inner_graphs<'b>(tasks: &mut [Task<'b>]) -> (Vec<InnerGraph<'b>>, Vec<Part>) {
    let count = tasks.len();
    let (mut inner_graphs, mut parts) = (Vec::<InnerGraph<'b>>::new(), Vec::new());
    for dependency in tasks.iter_mut().flat_map(|task| &mut task.dependencies) {
        if dependency.graph.is_none() {
            continue;
        }
        let known = inner_graphs.iter().position(|inner_graph| inner_graph.task == dependency.task);
        let place = known.unwrap_or_else(|| {
            let driver = count + parts.len();
            parts.push(Part::Driver(inner_graphs.len()));
            inner_graphs.push(InnerGraph { task: dependency.task, driver, inner: Vec::new() });
            inner_graphs.len() - 1
        });
        let inner = &mut inner_graphs[place].inner;
        let known = inner.iter().find(|inner| inner.name.unraw() == dependency.name.unraw());
        dependency.task = known.map_or(count + parts.len(), |inner| inner.node);
        if known.is_none() {
            parts.push(Part::Inner(place, inner.len()));
            inner.push(Inner { name: dependency.name, node: dependency.task });
        }
    }
    (inner_graphs, parts)
}

/// Returns, for each node, the nodes it depends on.
pub(super) fn edges(tasks: &[Task<'_>], inner_graphs: &[InnerGraph<'_>], parts: &[Part]) -> Vec<Vec<usize>> {
    let of_task = |task: &Task<'_>| task.dependencies.iter().map(|dependency| dependency.task).collect();
    let of_part = |part: &Part| match *part {
        Part::Driver(inner_graph) => vec![inner_graphs[inner_graph].task],
        Part::Inner(inner_graph, _) => vec![inner_graphs[inner_graph].driver],
    };
    tasks.iter().map(of_task).chain(parts.iter().map(of_part)).collect()
}

/// Checks the value of a task with `#[task(graph)]`, as far as the tokens show it.
pub(super) fn check_graph(method: &Method, output: Option<&Type>, block: &Block, errors: &mut Errors) {
    let Some(graph) = &method.options.graph else { return };
    let Some(output) = output else {
        errors.at(graph.span(), "`graph` is for a task that returns an object with a `#[dag]` block");
        return;
    };
    if method.options.catch.is_some() {
        errors.at(
            graph.span(),
            "`graph` and `catch` contradict each other: a `Result` is not an object with a `#[dag]` block",
        );
        return;
    }
    let value = ResultType::of(output).map_or(Some(output), |result| result.ok());
    if value.is_some_and(|value| is_self(value, &block.self_ty)) {
        errors.over(value, "a graph cannot contain itself: it would never end");
    }
}

/// Returns whether a type is the type of the block.
fn is_self(ty: &Type, self_ty: &Type) -> bool {
    match ty {
        Type::Group(group) => is_self(&group.elem, self_ty),
        Type::Paren(paren) => is_self(&paren.elem, self_ty),
        Type::Path(path) => {
            path.path.is_ident("Self")
                || ty.to_token_stream().to_string() == self_ty.to_token_stream().to_string()
                || path.path.segments.len() == 1 && type_name(ty) == type_name(self_ty)
        }
        _ => false,
    }
}

/// The result of an inner task stays on the thread that awaits it.
pub(super) fn check_borders(tasks: &[Task<'_>], errors: &mut Errors) {
    for task in tasks.iter().filter(|task| task.place != Place::Inline) {
        for dependency in &task.dependencies {
            let Some(graph) = dependency.graph else { continue };
            let (name, task) = (dependency.name, task.ident());
            let message = format!(
                "`{task}` runs on another thread, and the result of `{graph}.{name}` stays on the awaiting thread: write an \
                 inline task between them, which takes that result and returns a value for `{task}`"
            );
            errors.at(name.span(), message);
        }
    }
}
