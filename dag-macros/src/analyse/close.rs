//! The rules for results that are closed when a run ends.

use super::{Dag, Task};
use crate::analyse::take::Take;
use crate::errors::Errors;

/// Checks `close` and `close_timeout` of all tasks.
pub(super) fn check_close(dag: &Dag<'_>, errors: &mut Errors) {
    for (position, task) in dag.tasks.iter().enumerate() {
        check_close_timeout(task, errors);
        let Some(close) = &task.method.options.close else { continue };
        if task.output.is_none() {
            errors.at(close.name.span(), "`close` is for a task that returns a value: there is nothing to close here");
        }
        if dag.block.options.durable.is_some() {
            let message = "`close` is not supported in a `durable` block, since a stored result has nothing to close: take \
                           it away";
            errors.at(close.name.span(), message);
        }
        if let Some(finish) = &task.method.options.finish {
            let message = format!(
                "`{finish}` and `close` contradict each other: a value that comes after the end of the run would not be \
                 closed; take one away"
            );
            errors.at(close.name.span(), message);
        }
        if let Some(owner) = dag.tasks.iter().find(|other| takes_by_clone(other, position)) {
            let (name, owner) = (task.ident(), owner.ident());
            let message = format!("`{owner}` keeps a clone of `{name}`, which `close` does not reach: take `&` there");
            errors.at(close.name.span(), message);
        }
    }
}

fn check_close_timeout(task: &Task<'_>, errors: &mut Errors) {
    let options = &task.method.options;
    let Some(timeout) = &options.close_timeout else { return };
    if options.close.is_none() && !options.is_broken {
        let message = "`close_timeout` means nothing without `close`: add `close = ..`, or take it away";
        errors.at(timeout.name.span(), message);
    } else if timeout.value.is_zero() {
        errors.at(timeout.name.span(), "this `close_timeout` leaves no time: write a longer one");
    }
}

fn takes_by_clone(task: &Task<'_>, dependency: usize) -> bool {
    let is_clone = |parameter: &super::Parameter| {
        parameter.take == Take::Clone && task.dependencies[parameter.dependency].task == dependency
    };
    task.parameters.iter().any(is_clone)
}
