//! The rules for tasks whose future is on the heap.

use super::{Dag, Place};
use crate::errors::Errors;

/// Checks `boxed` of all tasks. It is for futures that would be a part of the future of the call.
pub(super) fn check_boxed(dag: &Dag<'_>, errors: &mut Errors) {
    for task in &dag.tasks {
        let options = &task.method.options;
        let Some(boxed) = options.boxed.as_ref().filter(|_| !options.is_broken) else { continue };
        let message = match (task.place, task.is_async()) {
            (Place::Spawned, true) => "a spawned task is on the heap already: take `boxed` away",
            (Place::Blocking, false) => "a `blocking` task is on the stack of its own thread: take `boxed` away",
            (Place::Inline, false) => "a plain `fn` has no future that could be on the heap: take `boxed` away",
            (Place::Inline, true) if task.each().is_some() => {
                "the bodies of a task with `in` are on the heap already: take `boxed` away"
            }
            // Where `spawn` or `blocking` does not go with the function, that is the mistake.
            (Place::Inline | Place::Blocking, true) | (Place::Spawned, false) => continue,
        };
        errors.at(boxed.span(), message);
    }
}
