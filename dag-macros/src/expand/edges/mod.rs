//! The extra code of a block with dependencies that are not plain, or with permits: which failures end which terminal,
//! how the others are handled, and which tasks wait in a way that the driver must know. Other blocks get no token from
//! here.

mod catch;
mod lazy;
mod permit;

use proc_macro2::{Literal, TokenStream};

use super::{Expansion, hexadecimal};
use crate::analyse::{Dag, Dependency, Form, Task};
pub(super) use catch::{
    argument, caught, caught_by, causes, checks, fail, fatal_goal, inner_goal, lints_of_body, look_at_fatal,
    note_causes, source,
};
pub(super) use lazy::{answer, are_asked, are_askers_away, asks, asks_of, is_lazy, lazy_argument, lazy_asks_of};
pub(super) use permit::{behind_door, permitted, permitted_blocking};

/// The consequences of dependencies that are not plain, and of permits, by id.
pub(super) struct Edges {
    /// For each id, the dependencies that it catches.
    caught: Vec<Vec<usize>>,
    /// For each id, its lazy dependencies.
    lazy: Vec<Vec<usize>>,
    /// The asks: an asker and its lazy dependency, in ascending order of the askers.
    asks: Vec<(usize, usize)>,
    /// The tasks with `permit`, in ascending order: the position of each is that of its door.
    permits: Vec<usize>,
    /// For each id, the ids from which some path to it has no `catch`, as words of bits; it contains the id itself.
    fatal: Vec<Vec<u64>>,
    /// For each id, the ids whose errors may be read by a task that it needs and that catches them, as words of bits.
    readable: Vec<Vec<u64>>,
    /// For each id, whether it needs a dependency that is not plain, or a task with `permit`.
    are_needed: Vec<bool>,
    /// Some task reads the failure that reached a dependency.
    keeps_causes: bool,
}

impl Edges {
    /// Goes over the block once, in topological order.
    pub(super) fn of(dag: &Dag<'_>, ids: &[usize]) -> Option<Self> {
        if !dag.has_edges() {
            return None;
        }
        let words = ids.len().div_ceil(64);
        let mut edges = Self {
            caught: vec![Vec::new(); ids.len()],
            lazy: vec![Vec::new(); ids.len()],
            asks: Vec::new(),
            permits: Vec::new(),
            fatal: Vec::with_capacity(ids.len()),
            readable: Vec::with_capacity(ids.len()),
            are_needed: Vec::with_capacity(ids.len()),
            keeps_causes: false,
        };
        for (position, task) in dag.tasks.iter().enumerate() {
            let caught = task.dependencies.iter().filter(|dependency| dependency.catch.is_some());
            edges.caught[ids[position]].extend(caught.map(|dependency| ids[dependency.task]));
            let lazy = task.dependencies.iter().filter(|dependency| dependency.lazy.is_some());
            edges.lazy[ids[position]].extend(lazy.map(|dependency| ids[dependency.task]));
            edges.keeps_causes |= looks_at_causes(task);
        }
        let asks = edges.lazy.iter().enumerate().flat_map(|(task, lazy)| lazy.iter().map(move |&it| (task, it)));
        edges.asks = asks.collect();
        for (id, &node) in dag.order.iter().enumerate() {
            let mut fatal = vec![0; words];
            fatal[id / 64] |= 1 << (id % 64);
            let mut readable = vec![0; words];
            let task = dag.tasks.get(node);
            let has_permit = task.is_some_and(|task| task.method.options.permit.is_some());
            edges.permits.extend(has_permit.then_some(id));
            for dependency in task.into_iter().flat_map(caught_as_result) {
                add(&mut readable, &edges.fatal[ids[dependency.task]]);
            }
            let mut are_needed = has_permit || !edges.caught[id].is_empty() || !edges.lazy[id].is_empty();
            for dependency in dag.edges[node].iter().map(|&dependency| ids[dependency]) {
                are_needed |= edges.are_needed[dependency];
                add(&mut readable, &edges.readable[dependency]);
                if !edges.caught[id].contains(&dependency) {
                    add(&mut fatal, &edges.fatal[dependency]);
                }
            }
            edges.fatal.push(fatal);
            edges.readable.push(readable);
            edges.are_needed.push(are_needed);
        }
        Some(edges)
    }
}

/// Adds the bits of `others` to `words`.
fn add(words: &mut [u64], others: &[u64]) {
    words.iter_mut().zip(others).for_each(|(word, other)| *word |= other);
}

fn looks_at_causes(task: &Task<'_>) -> bool {
    caught_as_result(task).next().is_some()
}

/// Returns the dependencies whose failures a task takes in a `Result`.
fn caught_as_result<'t, 'b>(task: &'t Task<'b>) -> impl Iterator<Item = &'t Dependency<'b>> + use<'t, 'b> {
    let results = task.parameters.iter().filter(|parameter| parameter.form == Form::Result);
    results.map(|parameter| &task.dependencies[parameter.dependency])
}

/// Returns whether a terminal needs a dependency that is not plain, or a task with `permit`.
pub(super) fn are_needed(expansion: &Expansion<'_>, id: usize) -> bool {
    expansion.edges.as_ref().is_some_and(|edges| edges.are_needed[id])
}

/// Returns the scheduler of such a terminal.
pub(super) fn scheduler(expansion: &Expansion<'_>, id: usize, sets: &TokenStream) -> TokenStream {
    let (runtime, failures) = (&expansion.runtime, failures(expansion, id));
    let limit = match expansion.limit() {
        Some(limit) => quote_mixed!(::core::option::Option::Some(#limit)),
        None => quote_mixed!(::core::option::Option::None),
    };
    let id = Literal::usize_unsuffixed(id);
    quote_mixed!(#runtime::EdgeScheduler::new(Self::__DAG_GRAPH, #id, [#sets, #failures], #limit))
}

/// Returns the settings for the workers of such a terminal.
pub(super) fn catching(expansion: &Expansion<'_>, id: usize) -> Option<TokenStream> {
    let failures = are_needed(expansion, id).then(|| failures(expansion, id))?;
    Some(quote_mixed!(.catching([#failures], Self::__dag_caught)))
}

/// Returns the tasks whose failures end a terminal, and the tasks whose errors may be read by a task that catches them.
fn failures(expansion: &Expansion<'_>, id: usize) -> TokenStream {
    let runtime = &expansion.runtime;
    let set = |words: &[u64]| {
        let words = words.iter().map(|&word| hexadecimal(word));
        quote_mixed!(#runtime::TaskSet([#(#words),*]))
    };
    let sets = expansion.edges.iter().flat_map(|edges| [set(&edges.fatal[id]), set(&edges.readable[id])]);
    quote_mixed!(#(#sets),*)
}

/// Returns the dependencies that are not plain, as data.
// Output:
//     .with_edges(&[GraphEdge { task: 2, dependency: 0, kind: EdgeKind::Catch }])
pub(super) fn with_edges(expansion: &Expansion<'_>) -> Option<TokenStream> {
    let (runtime, edges) = (&expansion.runtime, expansion.edges.as_ref()?);
    let both = edges.caught.iter().zip(&edges.lazy).enumerate();
    let all = both.flat_map(|(task, (caught, lazy))| {
        let caught = caught.iter().map(move |&dependency| (task, dependency, quote_mixed!(Catch)));
        caught.chain(lazy.iter().map(move |&dependency| (task, dependency, quote_mixed!(Lazy))))
    });
    let all = all.map(|(task, dependency, kind)| {
        let (task, dependency) = (Literal::usize_unsuffixed(task), Literal::usize_unsuffixed(dependency));
        quote_mixed!(#runtime::GraphEdge { task: #task, dependency: #dependency, kind: #runtime::EdgeKind::#kind })
    });
    let all: Vec<_> = all.collect();
    (!all.is_empty()).then(|| quote_mixed!(.with_edges(&[#(#all),*])))
}
