//! The failures that each terminal can return.

use std::collections::HashMap;

use proc_macro2::Ident;

use super::{Failure, Reachable, ReachableInner, Task};

/// Numbers the distinct error types, in source order.
pub(super) fn number_failures(tasks: &mut [Task<'_>]) -> Vec<Failure> {
    let mut failures: Vec<Failure> = Vec::new();
    let mut numbers = HashMap::new();
    for (position, task) in tasks.iter_mut().enumerate() {
        let Some(fails) = &mut task.fails else { continue };
        fails.failure = *numbers.entry(fails.result.error_key()).or_insert_with(|| {
            let mut variant = fails.result.error_name();
            if failures.iter().any(|failure| failure.variant == variant) {
                variant = Ident::new(&format!("{variant}{}", failures.len()), variant.span());
            }
            failures.push(Failure { variant, task: position });
            failures.len() - 1
        });
    }
    failures
}

/// Collects the failures of a task's terminal; those of its dependencies are known. For the node of an inner task,
/// `object_of` returns the task that returns the object.
pub(super) fn find_reachable(position: usize, tasks: &mut [Task<'_>], object_of: impl Fn(usize) -> Option<usize>) {
    let mut reachable: Vec<Reachable<'_>> = Vec::new();
    let mut inner: Vec<ReachableInner<'_>> = Vec::new();
    let (mut lifts, mut lifts_of_object) = (None, None);
    // A caught failure goes no further.
    for dependency in tasks[position].dependencies.iter().filter(|dependency| dependency.catch.is_none()) {
        let by = dependency.name;
        // An inner task needs the task that returns its object.
        let position = object_of(dependency.task).unwrap_or(dependency.task);
        let other = &tasks[position];
        if position != dependency.task {
            inner.retain(|known| known.node != dependency.task);
            inner.push(ReachableInner { node: dependency.task, by, is_told: false });
        }
        for reached in &other.inner {
            if inner.iter().all(|known| known.node != reached.node) {
                inner.push(ReachableInner { node: reached.node, by, is_told: !other.gives_result() });
            }
        }
        for failure in &other.reachable {
            if reachable.iter().all(|known| known.failure != failure.failure) {
                reachable.push(Reachable { by: Some(dependency.name), ..*failure });
            }
        }
        let lifted = if other.fails.is_some() { Some(position) } else { other.lifts };
        // Only rustc knows the error of an inner task: the error of the object is used if there is no other.
        let lifts = if position == dependency.task { &mut lifts } else { &mut lifts_of_object };
        *lifts = lifts.or(lifted);
    }
    let task = &tasks[position];
    if let Some(fails) = &task.fails {
        if reachable.iter().all(|known| known.failure != fails.failure) {
            reachable.push(Reachable { failure: fails.failure, task: position, by: None });
        }
    }
    let task = &mut tasks[position];
    task.reachable = reachable;
    task.inner = inner;
    task.lifts = lifts.or(lifts_of_object);
}
