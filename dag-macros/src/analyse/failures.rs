//! What each terminal can fail with.

use std::collections::HashMap;

use proc_macro2::Ident;

use super::{Failure, Reachable, Task};

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

/// Collects what a task's terminal can fail with; that of its dependencies is known.
pub(super) fn find_reachable(position: usize, tasks: &mut [Task<'_>]) {
    let mut reachable: Vec<Reachable<'_>> = Vec::new();
    let mut lifts = None;
    for dependency in &tasks[position].dependencies {
        let other = &tasks[dependency.task];
        for failure in &other.reachable {
            if reachable.iter().all(|known| known.failure != failure.failure) {
                reachable.push(Reachable { by: Some(dependency.name), ..*failure });
            }
        }
        let lifted = if other.fails.is_some() { Some(dependency.task) } else { other.lifts };
        lifts = lifts.or(lifted);
    }
    let task = &tasks[position];
    if let Some(fails) = &task.fails {
        if reachable.iter().all(|known| known.failure != fails.failure) {
            reachable.push(Reachable { failure: fails.failure, task: position, by: None });
        }
    }
    let task = &mut tasks[position];
    task.reachable = reachable;
    task.lifts = lifts;
}
