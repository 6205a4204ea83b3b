//! The rules for tasks that take a permit of a semaphore of the object.

use super::Dag;
use crate::errors::Errors;

/// Checks `permit` of all tasks. A semaphore counts only in its own process.
pub(super) fn check_permit(dag: &Dag<'_>, errors: &mut Errors) {
    for task in &dag.tasks {
        let options = &task.method.options;
        let Some(permit) = &options.permit else { continue };
        let span = permit.name.span();
        if dag.block.options.durable.is_some() {
            let message = "`permit` is not supported in a `durable` block yet, since an engine may run its tasks in several \
                           processes, and a semaphore counts only those of one: take it away";
            errors.at(span, message);
        } else if let Some(remote) = &options.remote {
            let message = format!(
                "`{remote}` and `permit` contradict each other: a semaphore counts only the tasks of its own process; take \
                 one away"
            );
            errors.at(span, message);
        }
    }
}
