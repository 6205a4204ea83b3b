//! The stored results that another version of the program may use, and the failures that were stored.

use super::{DurableGraph, element_of};
use crate::error::{ErrorSource, TaskError, at_index};

impl DurableGraph {
    /// Returns the places of the tasks that a task needs, and its own, in ascending order.
    ///
    /// # Panics
    /// If there is no such place.
    #[must_use]
    pub fn needed(&self, goal: usize) -> Vec<usize> {
        let mut is_needed = vec![false; self.tasks.len()];
        is_needed[goal] = true;
        for task in (0..=goal).rev() {
            if is_needed[task] {
                self.tasks[task].dependencies.iter().for_each(|&dependency| is_needed[dependency] = true);
            }
        }
        (0..self.tasks.len()).filter(|&task| is_needed[task]).collect()
    }

    /// Returns the places of the tasks whose stored results a run may use. `stored` has the names of the tasks with
    /// their versions.
    ///
    /// A result whose task has another version now is not used, nor are the results of the tasks that need it. A task
    /// without a stored result changes nothing for the others: a task that was added to the program runs, and those
    /// behind it do not run again. Names that no task has are ignored.
    #[must_use]
    pub fn fresh<'s>(&self, stored: impl IntoIterator<Item = (&'s str, u32)>) -> Vec<usize> {
        let fresh = self.fresh_names(&[], stored);
        (0..self.tasks.len()).filter(|&task| fresh.contains(&self.tasks[task].name)).collect()
    }

    /// Returns a failure that was stored: that of a task, or of one of its elements, with this message. If no task has this
    /// name, the failure is that of the graph.
    #[must_use]
    pub fn failure(&self, task: &str, message: impl Into<ErrorSource>) -> TaskError {
        let source = match element_of(task) {
            Some((_, index)) => at_index(index, message.into()),
            None => message.into(),
        };
        TaskError::new(self.name_of(task), source)
    }

    /// Returns the failure of a task that was told to stop.
    #[must_use]
    pub fn aborted(&self, task: &str) -> TaskError {
        TaskError::aborted(self.name_of(task))
    }

    fn name_of(&self, task: &str) -> &'static str {
        self.known_name(task).unwrap_or(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::DurableTask;

    const fn task(name: &'static str, dependencies: &'static [usize], version: u32) -> DurableTask {
        let (is_public, is_computation, is_remote) = (false, false, false);
        DurableTask {
            name,
            dependencies,
            is_public,
            is_computation,
            is_remote,
            retry: None,
            timeout: None,
            max_concurrency: None,
            version,
        }
    }

    const GRAPH: DurableGraph = DurableGraph {
        name: "Order",
        tasks: &[task("reserve", &[], 1), task("charge", &[0], 2), task("address", &[], 1), task("ship", &[1, 2], 1)],
        max_concurrency: None,
    };

    fn fresh(stored: &[(&str, u32)]) -> Vec<&'static str> {
        GRAPH.fresh(stored.iter().copied()).into_iter().map(|task| GRAPH.tasks[task].name).collect()
    }

    #[test]
    fn another_version_takes_the_results_behind_it_along() {
        let stored = [("reserve", 1), ("charge", 1), ("address", 1), ("ship", 1)];
        assert_eq!(fresh(&stored), ["reserve", "address"]);
    }

    #[test]
    fn a_task_without_a_result_makes_no_other_stale() {
        assert_eq!(fresh(&[("ship", 1), ("charge", 2), ("gone", 9)]), ["charge", "ship"]);
    }

    #[test]
    fn a_task_needs_itself_and_what_its_dependencies_need() {
        assert_eq!(GRAPH.needed(1), [0, 1]);
        assert_eq!(GRAPH.needed(3), [0, 1, 2, 3]);
        assert_eq!(GRAPH.needed(2), [2]);
    }

    #[test]
    fn a_stored_failure_names_a_task_of_the_graph() {
        assert_eq!(GRAPH.failure("charge", "no money").to_string(), "task `charge` failed");
        assert_eq!(GRAPH.failure("gone", "no money").task(), "Order");
        assert!(GRAPH.aborted("ship").is_aborted());
    }
}
