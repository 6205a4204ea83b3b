//! Which results move: in a call, a parameter by value takes the result itself if nobody reads it afterwards.
//!
//! The *mover* of a result is its last reader, a task with a parameter by value. Every other task that depends on the
//! result has ended when the mover starts: it is among the tasks that the mover needs, along plain dependencies alone.
//! For with `catch` a task may start while one that it needs is under way, and with `lazy` before it. A result has no
//! mover if it may be wanted again: by another attempt, by an inner graph, or because it is stored.
//!
//! A reader before the mover borrows through a guard, for as long as its body takes. The future of an `async fn` would
//! have to hold the guard, which makes each small task slower: so a result that an `async fn` borrows does not move. Nor
//! does a value that is as cheap to copy, as far as its tokens show it.

use syn::Type;

use super::options::is_primitive;
use super::take::{Take, arguments, given_type};
use super::{Dag, Dependency, Form, Task, type_name};

/// Marks the results that move, and the parameters that take them.
pub(super) fn find_moves(dag: &mut Dag<'_>) {
    if dag.is_durable() {
        return;
    }
    let mut places = vec![0; dag.edges.len()];
    for (place, &node) in dag.order.iter().enumerate() {
        places[node] = place;
    }
    let mut readers = vec![Vec::new(); dag.tasks.len()];
    for (reader, task) in dag.tasks.iter().enumerate() {
        for dependency in &task.dependencies {
            if let Some(readers) = readers.get_mut(dependency.task) {
                readers.push(reader);
            }
        }
    }
    for (result, readers) in readers.iter().enumerate() {
        let Some(&last) = readers.iter().max_by_key(|&&reader| places[reader]) else { continue };
        if let Some(parameter) = taking_parameter(dag, result, last, readers) {
            dag.tasks[result].is_moved = true;
            dag.tasks[last].parameters[parameter].take = Take::Move;
        }
    }
}

/// Returns the parameter of the last reader that takes a result, if the result moves.
fn taking_parameter(dag: &Dag<'_>, result: usize, last: usize, readers: &[usize]) -> Option<usize> {
    let (giver, mover) = (&dag.tasks[result], &dag.tasks[last]);
    if giver.method.options.graph.is_some() || given_type(giver.method).is_none_or(is_plain) || starts_again(mover) {
        return None;
    }
    let takes = |parameter: &super::Parameter| {
        let is_by_value = parameter.take == Take::Clone && parameter.form == Form::Plain;
        is_by_value && mover.dependencies[parameter.dependency].task == result
    };
    let parameter = mover.parameters.iter().position(takes)?;
    let others = || readers.iter().copied().filter(|&reader| reader != last);
    if !others().all(|reader| is_brief(&dag.tasks[reader], result)) {
        return None;
    }
    if others().next().is_some() {
        let needed = needed(dag, last);
        if !others().all(|reader| needed[reader]) {
            return None;
        }
    }
    Some(parameter)
}

/// Returns whether the body of a task may be started more than once in a call, or may ask for other tasks.
fn starts_again(task: &Task<'_>) -> bool {
    task.method.options.retry.is_some()
        || task.each().is_some()
        || task.dependencies.iter().any(|dependency| dependency.lazy.is_some())
}

/// Returns whether a task reads a result before its body has returned, and only then.
fn is_brief(task: &Task<'_>, result: usize) -> bool {
    let mut own = task.dependencies.iter().enumerate().filter(|(_, dependency)| dependency.task == result);
    own.all(|(place, dependency)| {
        let parameter = task.parameters.iter().find(|parameter| parameter.dependency == place);
        let is_borrowed = parameter.is_some_and(|parameter| parameter.take != Take::Clone);
        dependency.is_plain() && dependency.element.is_none() && !(is_borrowed && task.is_async())
    })
}

/// Returns which nodes have ended when a task starts, whatever is caught or not asked for.
fn needed(dag: &Dag<'_>, task: usize) -> Vec<bool> {
    let mut is_needed = vec![false; dag.edges.len()];
    let mut open = vec![task];
    while let Some(node) = open.pop() {
        let is_plain = |dependency: usize| match dag.tasks.get(node) {
            Some(task) => task.dependencies.iter().filter(|it| it.task == dependency).all(Dependency::is_plain),
            None => true,
        };
        for &dependency in dag.edges[node].iter().filter(|&&dependency| is_plain(dependency)) {
            if !std::mem::replace(&mut is_needed[dependency], true) {
                open.push(dependency);
            }
        }
    }
    is_needed
}

/// Returns whether the tokens of a type show that a copy of it costs no more than a move.
fn is_plain(ty: &Type) -> bool {
    match ty {
        Type::Group(group) => is_plain(&group.elem),
        Type::Paren(paren) => is_plain(&paren.elem),
        Type::Array(array) => is_plain(&array.elem),
        Type::Tuple(tuple) => tuple.elems.iter().all(is_plain),
        Type::Path(_) => {
            let inside = arguments(ty);
            type_name(ty).is_some_and(|name| is_primitive(name) || name == "Option" && inside.len() == 1)
                && inside.into_iter().all(is_plain)
        }
        Type::Reference(_) | Type::Ptr(_) | Type::Never(_) => true,
        _ => false,
    }
}
