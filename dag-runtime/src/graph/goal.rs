//! In: the names of some tasks. Out: the one of them that a run was for.

use super::Graph;
use super::flat::Flat;

impl Graph {
    /// Returns the place of the task that needs all the others, if one does. Names of no task do not count.
    pub(crate) fn only_goal(&self, names: &[&str]) -> Option<usize> {
        let tasks = Flat::new(self).tasks;
        let place = |name: &&str| tasks.iter().position(|task| task.name == *name);
        let places: Vec<(usize, usize)> =
            names.iter().enumerate().filter_map(|(given, name)| Some((place(name)?, given))).collect();
        // The tasks are in topological order.
        let &(goal, given) = places.iter().max()?;
        let mut is_needed = vec![false; goal + 1];
        is_needed[goal] = true;
        for task in (0..=goal).rev() {
            if is_needed[task] {
                tasks[task].dependencies.iter().for_each(|&dependency| is_needed[dependency] = true);
            }
        }
        places.iter().all(|&(task, _)| is_needed[task]).then_some(given)
    }

    /// Returns the declared type of the result of a task, if it is known and not `()`.
    pub(crate) fn result_of(&self, name: &str) -> Option<&'static str> {
        let tasks = Flat::new(self).tasks;
        tasks.iter().find(|task| task.name == name).map(|task| task.result).filter(|result| !result.is_empty())
    }
}
