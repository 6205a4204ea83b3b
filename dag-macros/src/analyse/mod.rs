//! In: a [`Block`]. Out: a [`Dag`] that can be expanded, or every mistake of the block.
//! Knows the rules and writes no code.

mod boxed;
mod calls;
mod chains;
mod close;
mod dependencies;
mod differ;
mod durable;
mod each;
mod edges;
mod failures;
mod hidden_lifetimes;
mod inner;
mod lifetimes;
mod moves;
mod names;
mod node;
mod options;
mod parameters;
mod permit;
mod place;
mod signature;
mod take;

use std::collections::HashMap;

use proc_macro2::Ident;
use syn::{GenericParam, ReturnType, Type, Visibility};

use crate::errors::Errors;
use crate::graph::topological_order;
use crate::parse::{Block, Element, Method};
use crate::result_type::ResultType;
use boxed::check_boxed;
use calls::check_calls;
use chains::find_chains;
use close::check_close;
use dependencies::{check_dependencies, report_cycles};
use durable::check_durable;
use each::check_each;
pub(crate) use edges::Form;
use edges::check_edges;
use failures::{find_reachable, number_failures};
use hidden_lifetimes::check_hidden_lifetimes;
pub(crate) use inner::{Inner, InnerGraph};
use inner::{Part, check_borders, check_graph, edges, find_inner_graphs};
use moves::find_moves;
use names::check_names;
pub(crate) use node::Node;
use options::{check_block_options, check_no_name};
pub(crate) use options::{check_task_options, may_be_result};
use parameters::check_parameters;
use permit::check_permit;
pub(crate) use place::Place;
use place::{check_places, place};
use signature::{check_output, check_signature};
pub(crate) use signature::{check_output_has_a_name, find_impl_trait, has_impl_trait, lifetimes};
pub(crate) use take::Take;

/// A checked block.
pub(crate) struct Dag<'b> {
    pub(crate) block: &'b Block,
    /// In source order.
    pub(crate) tasks: Vec<Task<'b>>,
    /// The graphs inside this one.
    pub(crate) inner_graphs: Vec<InnerGraph<'b>>,
    /// The nodes besides the tasks, for the graphs inside.
    parts: Vec<Part>,
    /// For each node, the nodes it depends on.
    pub(crate) edges: Vec<Vec<usize>>,
    /// Nodes: positions in `tasks`, then positions in `parts`. The index in this list is the node's id.
    pub(crate) order: Vec<usize>,
    /// The distinct error types.
    pub(crate) failures: Vec<Failure>,
    /// The tasks that share a slot, each list in topological order.
    pub(crate) chains: Vec<Vec<usize>>,
}

impl Dag<'_> {
    /// Returns whether other threads share the object because some task runs there.
    pub(crate) fn is_shared(&self) -> bool {
        self.tasks.iter().any(|task| task.place != Place::Inline)
    }

    /// Returns whether the results of the block can be stored.
    pub(crate) fn is_durable(&self) -> bool {
        self.block.options.durable.is_some()
    }

    /// Returns whether a run owns the object in an `Arc`: it has no lifetime then.
    pub(crate) fn is_owned(&self) -> bool {
        self.is_shared() || self.is_durable()
    }

    /// Whether the result of a task is a `Result` in a run. A result that cannot be stored fails its task.
    pub(crate) fn can_fail(&self, task: &Task<'_>) -> bool {
        self.is_durable() || task.can_fail()
    }

    /// Returns whether the driver polls a task, so that its future has a slot there. A keeper may take its time with the
    /// result of any task.
    pub(crate) fn has_slot(&self, task: &Task<'_>) -> bool {
        match task.place {
            Place::Inline => {
                let options = &task.method.options;
                task.is_async()
                    || options.retry.is_some()
                    || options.permit.is_some()
                    || self.is_durable()
                    || self.followed_by(task).is_some()
            }
            Place::Spawned => task.has_crew(),
            Place::Blocking => true,
        }
    }
}

/// A distinct error type of the block.
pub(crate) struct Failure {
    /// Named after the type.
    pub(crate) variant: Ident,
    /// The position of the first task that fails with it.
    pub(crate) task: usize,
}

/// A method of the block, with its place in the graph.
pub(crate) struct Task<'b> {
    pub(crate) method: &'b Method,
    pub(crate) dependencies: Vec<Dependency<'b>>,
    /// For each parameter, the position of its dependency.
    pub(crate) parameters: Vec<Parameter>,
    /// The declared type, unless it is `()` by omission.
    pub(crate) output: Option<&'b Type>,
    /// The error of the task itself; if there is one, its dependents get the `Ok` value.
    pub(crate) fails: Option<Fails<'b>>,
    /// The failures of the task's terminal, each with the dependency through which it comes.
    pub(crate) reachable: Vec<Reachable<'b>>,
    /// The inner tasks that the task's terminal needs.
    pub(crate) inner: Vec<ReachableInner<'b>>,
    /// The fallible task whose error type the terminal of this infallible task uses.
    pub(crate) lifts: Option<usize>,
    pub(crate) place: Place,
    /// In a call, its last reader takes its result.
    pub(crate) is_moved: bool,
}

pub(crate) struct Fails<'b> {
    pub(crate) result: ResultType<'b>,
    /// The position in [`Dag::failures`].
    pub(crate) failure: usize,
}

pub(crate) struct Reachable<'b> {
    pub(crate) failure: usize,
    /// The position of a task that fails with it.
    pub(crate) task: usize,
    /// The name in `#[depends(..)]` where an error is reported; `None` if the task itself fails.
    pub(crate) by: Option<&'b Ident>,
}

pub(crate) struct ReachableInner<'b> {
    /// The node of the inner task.
    pub(crate) node: usize,
    /// The name in `#[depends(..)]` where an error is reported.
    pub(crate) by: &'b Ident,
    /// A task without a `Result` lies between; if this task can fail, that is reported there.
    pub(crate) is_told: bool,
}

pub(crate) struct Dependency<'b> {
    /// The name as written in `#[depends(..)]`: the last one of `pricing.total`.
    pub(crate) name: &'b Ident,
    /// The first name of `pricing.total`.
    pub(crate) graph: Option<&'b Ident>,
    /// The word `catch`, if it is there.
    pub(crate) catch: Option<&'b Ident>,
    /// The word `lazy`, if it is there.
    pub(crate) lazy: Option<&'b Ident>,
    /// The name of the element, if the task runs once for each.
    pub(crate) element: Option<&'b Element>,
    /// The node: a position in [`Dag::tasks`], or after these a position in [`Dag::parts`].
    pub(crate) task: usize,
}

pub(crate) struct Parameter {
    /// The position in [`Task::dependencies`].
    pub(crate) dependency: usize,
    /// The position of its name in [`Dependency::parameter_names`].
    pub(crate) part: usize,
    /// How it takes the value of the result.
    pub(crate) take: Take,
    /// The form in which it takes the result.
    pub(crate) form: Form,
}

impl<'b> Dependency<'b> {
    /// Returns the names that parameters for it have: its own, or those of the element.
    pub(crate) fn parameter_names(&self) -> Vec<&'b Ident> {
        self.element.map_or_else(|| vec![self.name], |element| element.names.iter().collect())
    }

    /// Returns the dependency as it stands in `#[depends(..)]`.
    fn written(&self) -> String {
        let word = self.catch.or(self.lazy).map_or_else(String::new, |word| format!("{word} "));
        let element = self.element.map_or_else(String::new, |Element { names, is_tuple, .. }| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            let (names, comma) = (names.join(", "), if names.len() == 1 { "," } else { "" });
            if *is_tuple { format!("({names}{comma}) in ") } else { format!("{names} in ") }
        });
        let graph = self.graph.map_or_else(String::new, |graph| format!("{graph}."));
        format!("{word}{element}{graph}{}", self.name)
    }

    pub(crate) fn is_plain(&self) -> bool {
        self.catch.is_none() && self.lazy.is_none()
    }
}

impl Dag<'_> {
    /// Returns whether a dependency of the block is not plain, or a task waits for a permit.
    pub(crate) fn has_edges(&self) -> bool {
        let has_permits = self.tasks.iter().any(|task| task.method.options.permit.is_some());
        has_permits || self.tasks.iter().flat_map(|task| &task.dependencies).any(|dependency| !dependency.is_plain())
    }

    /// Returns the task for whose results another task runs, one by one as they come.
    pub(crate) fn followed_by(&self, task: &Task<'_>) -> Option<usize> {
        let giver = task.each()?.task;
        self.task(giver).and_then(Task::each).map(|_| giver)
    }

    /// Returns the tasks that run for each result of the task with this number.
    pub(crate) fn followers(&self, task: usize) -> impl Iterator<Item = usize> {
        (0..self.tasks.len()).filter(move |&other| self.followed_by(&self.tasks[other]) == Some(task))
    }

    /// Returns whether a result of the block is closed at the end of a run.
    pub(crate) fn has_closers(&self) -> bool {
        self.tasks.iter().any(|task| task.method.options.close.is_some())
    }
}

impl<'b> Task<'b> {
    /// Returns the dependency for whose elements the task runs, if it runs once for each.
    pub(crate) fn each(&self) -> Option<&Dependency<'b>> {
        self.dependencies.iter().find(|dependency| dependency.element.is_some())
    }
}

impl Task<'_> {
    /// Returns whether the task runs once for each element, on other threads.
    pub(crate) fn has_crew(&self) -> bool {
        self.each().is_some() && self.place != Place::Inline
    }

    /// Returns whether a worker or a picker makes the attempts of the task, and not the driver.
    pub(crate) fn is_tried_elsewhere(&self) -> bool {
        self.place == Place::Spawned || self.has_crew()
    }

    /// Returns whether the task's terminal returns a `Result` that can carry the failures of its dependencies.
    pub(crate) fn gives_result(&self) -> bool {
        self.fails.is_some() || self.is_caught() || self.lifts.is_some()
    }

    /// Returns whether the value of the task is a `Result`. One that runs for each element has a `Vec` of them.
    pub(crate) fn is_caught(&self) -> bool {
        self.method.options.catch.is_some() && self.each().is_none()
    }

    pub(crate) fn ident(&self) -> &Ident {
        &self.method.sig.ident
    }

    pub(crate) fn is_async(&self) -> bool {
        self.method.sig.asyncness.is_some()
    }

    /// How visible the task is: 0 if only its module sees it.
    pub(crate) fn rank(&self) -> usize {
        match &self.method.vis {
            Visibility::Public(_) => 3,
            Visibility::Restricted(restricted) if restricted.path.is_ident("crate") => 2,
            Visibility::Restricted(restricted) if restricted.path.is_ident("self") => 0,
            Visibility::Restricted(_) => 1,
            Visibility::Inherited => 0,
        }
    }

    /// Whether the task or one that it needs can fail.
    fn can_fail(&self) -> bool {
        // Only rustc knows whether inner tasks can fail. If they can, the task returns a `Result` anyway, unless it has
        // `catch`.
        !self.reachable.is_empty() || self.is_caught() && !self.inner.is_empty()
    }
}

/// Checks a block. If there are errors, new or earlier ones, the graph is only good enough for the signatures of its
/// terminals.
pub(crate) fn analyse<'b>(block: &'b Block, errors: &mut Errors) -> Dag<'b> {
    check_block(block, errors);
    check_block_options(&block.options, errors);
    let names = check_names(block, errors);
    let mut tasks: Vec<Task<'b>> =
        block.methods.iter().map(|method| check_task(method, block, &names, errors)).collect();
    let (inner_graphs, parts) = find_inner_graphs(&mut tasks);
    let edges = edges(&tasks, &inner_graphs, &parts);
    let failures = number_failures(&mut tasks);
    let order = topological_order(&edges).unwrap_or_else(|cycles| {
        report_cycles(&cycles, &tasks, &inner_graphs, &parts, errors);
        // No order is correct. This one makes as many passes as there are nodes, which settles the tasks before and
        // behind the cycles.
        (0..edges.len()).flat_map(|_| 0..edges.len()).collect()
    });
    let count = tasks.len();
    let object_of = |node: usize| match *parts.get(node.checked_sub(count)?)? {
        Part::Driver(inner_graph) | Part::Inner(inner_graph, _) => Some(inner_graphs[inner_graph].task),
    };
    for &node in &order {
        if node < tasks.len() {
            find_reachable(node, &mut tasks, object_of);
        }
    }
    check_calls(block, &names, errors);
    check_hidden_lifetimes(block, errors);
    check_borders(&tasks, errors);
    let mut dag = Dag { block, tasks, inner_graphs, parts, edges, order, failures, chains: Vec::new() };
    check_places(&dag, errors);
    check_boxed(&dag, errors);
    check_edges(&dag, errors);
    check_durable(&dag, errors);
    check_each(&dag, errors);
    check_close(&dag, errors);
    check_permit(&dag, errors);
    find_moves(&mut dag);
    if errors.is_empty() {
        dag.chains = find_chains(&dag);
    }
    dag
}

fn check_block(block: &Block, errors: &mut Errors) {
    if type_name(&block.self_ty).is_none() {
        errors.over(&block.self_ty, "`#[dag]` goes on the impl of a type that has a name");
    }
    if block.methods.is_empty() {
        errors.at(block.impl_token.span, "this impl has no task: every method of a `#[dag]` block is one");
    }
    if block.methods.len() > usize::from(u16::MAX) {
        errors.at(block.impl_token.span, "a `#[dag]` block has at most 65,535 tasks");
    }
}

/// Returns the last segment of the path of a type, looking through the groups of a macro's fragment.
pub(crate) fn type_name(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Group(group) => type_name(&group.elem),
        Type::Paren(paren) => type_name(&paren.elem),
        Type::Path(path) => path.path.segments.last().map(|segment| &segment.ident),
        _ => None,
    }
}

fn check_task<'b>(
    method: &'b Method,
    block: &'b Block,
    names: &HashMap<String, usize>,
    errors: &mut Errors,
) -> Task<'b> {
    check_signature(method, errors);
    let (dependencies, suspects) = check_dependencies(method, &block.methods, names, errors);
    // The parameters of a method that cannot be a task are not a separate mistake.
    let parameters = if may_be_task(method) {
        check_parameters(method, &dependencies, &suspects, block, names, errors)
    } else {
        Vec::new()
    };
    let output = check_output(method, errors);
    let result = output.and_then(ResultType::of);
    check_task_options(method, declared_output(method), errors);
    check_no_name(&method.options, errors);
    check_graph(method, output, block, errors);
    let fails = result.filter(|_| method.options.catch.is_none()).map(|result| Fails { result, failure: 0 });
    Task {
        method,
        dependencies,
        parameters,
        output,
        fails,
        reachable: Vec::new(),
        inner: Vec::new(),
        lifts: None,
        place: place(method, block),
        is_moved: false,
    }
}

/// Returns the declared type of what the body returns.
fn declared_output(method: &Method) -> Option<&Type> {
    match &method.sig.output {
        ReturnType::Type(_, output) => Some(output),
        ReturnType::Default => None,
    }
}

/// Returns whether a method has at least the form of a task: a receiver, and no types of its own.
fn may_be_task(method: &Method) -> bool {
    let has_types = method.sig.generics.params.iter().any(|param| !matches!(param, GenericParam::Lifetime(_)));
    method.sig.receiver().is_some() && !has_types
}
