//! The end of a durable run: all that the run is for has ended.

use super::notices::Target;
use super::wait::Wait;
use super::{Drive, Run, Settings};
use crate::error::TaskError;

impl<O, C, D, const WORDS: usize> Run<O, C, D, WORDS>
where
    D: Drive<Settings<C, WORDS>> + ?Sized,
{
    /// Waits until no task can run any more that the run needs. Returns the failures that nothing caught, in topological
    /// order.
    pub async fn complete(&self) -> Vec<TaskError> {
        loop {
            // Nothing fails this goal.
            _ = Wait::new(self, Target::Complete).await;
            // A failed task may have been tried again by now.
            if let Some(failures) = self.board().uncaught() {
                return failures;
            }
        }
    }
}
