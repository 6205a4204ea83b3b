//! Tasks that wait for themselves. An input is older than the task that takes it, so only a body that awaits a task can
//! close a circle: after the poll in which the wait began, its worker checks whether that task waits for it.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::current::Awaited;
use crate::dynamic::node::{Ended, Node};

/// The search ends after about this many tasks, so that a task with many dependents does not spend its time on it. Circles
/// are short.
const REACH: usize = 1_000;

/// Ends a task if it waits for itself now that it awaits others.
pub(super) fn end_of(task: &Arc<Node>, awaited: Vec<Awaited>) -> Option<Ended> {
    for Awaited { node, waiter } in awaited {
        // Of two tasks that begin to await each other on two threads, one sees what the other has stored.
        task.head().has_waited.store(true, Ordering::SeqCst);
        if !node.wait_by(waiter, task) {
            // The body has dropped what awaited it, or it has ended.
            continue;
        }
        let is_same = is(&node, task);
        if !is_same && !node.may_wait() {
            continue;
        }
        let circle = if is_same { Some(vec![task.name().to_owned()]) } else { path(task, &node) };
        if let Some(circle) = circle {
            return task.panic(&message(&circle));
        }
    }
    None
}

/// Finds the names from `task` to the last before `task` again, where `awaited` waits for it.
fn path(task: &Arc<Node>, awaited: &Arc<Node>) -> Option<Vec<String>> {
    // Each with the place of the one that it waits for.
    let mut seen: Vec<(Arc<Node>, usize)> = vec![(Arc::clone(task), 0)];
    let mut place = 0;
    let mut found = Vec::new();
    while place < seen.len() && seen.len() < REACH {
        seen[place].0.add_waiting_tasks(&mut found);
        for node in found.drain(..) {
            let is_awaited = is(&node, awaited);
            if !is_awaited && (seen.len() >= REACH || seen.iter().any(|(known, _)| is(known, &node))) {
                continue;
            }
            seen.push((node, place));
            if is_awaited {
                let mut names = vec![task.name().to_owned()];
                let mut at = seen.len() - 1;
                while at != 0 {
                    names.push(seen[at].0.name().to_owned());
                    at = seen[at].1;
                }
                return Some(names);
            }
        }
        place += 1;
    }
    None
}

fn is(left: &Arc<Node>, right: &Arc<Node>) -> bool {
    std::ptr::addr_eq(Arc::as_ptr(left), Arc::as_ptr(right))
}

fn message(circle: &[String]) -> String {
    let mut message = format!("task `{}` waits for itself: ", circle[0]);
    for name in circle {
        _ = write!(message, "`{name}` -> ");
    }
    _ = write!(message, "`{}`", circle[0]);
    message
}
