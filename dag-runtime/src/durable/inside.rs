//! The graphs inside a durable block, as far as their results are stored.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use super::{Durable, DurableGraph, whole_of};
use crate::graph::names::joined;

/// A graph inside another: that of the object which a task with `#[task(graph)]` returns.
///
/// Its results are stored under names such as `pricing.total` if its block is durable, too; otherwise the graph here has
/// no tasks.
#[derive(Clone, Copy, Debug)]
pub struct GraphInside {
    /// The place of the task that returns the object.
    pub task: usize,
    /// The graph of the object.
    pub graph: DurableGraph,
    /// The graphs inside of that graph.
    pub inside: &'static [GraphInside],
    /// The tasks of the outer graph that depend on tasks of this one: the place of the former, and the name of the latter.
    pub dependents: &'static [(usize, &'static str)],
}

impl DurableGraph {
    /// Returns the version of a task, also of one of a graph inside, such as `pricing.total`. The result for an element,
    /// such as `pages[3]`, has that of its task. Returns `None` if there is no such task.
    #[must_use]
    pub fn version(&self, inside: &[GraphInside], task: &str) -> Option<u32> {
        let task = whole_of(task);
        let Some((object, rest)) = task.split_once('.') else {
            return self.position(task).map(|task| self.tasks[task].version);
        };
        let object = self.position(object)?;
        let inner = inside.iter().find(|inner| inner.task == object)?;
        inner.graph.version(inner.inside, rest)
    }

    /// Returns the names of the tasks whose stored results a run may use, those of graphs inside among them.
    ///
    /// The rule is that of [`fresh`](Self::fresh): a result whose task has another version now is not used, nor are the
    /// results of the tasks that need it. All tasks of a graph inside need the task that returns its object. The results for
    /// elements are used together or not at all.
    #[must_use]
    pub fn fresh_names<'s>(
        &self,
        inside: &[GraphInside],
        stored: impl IntoIterator<Item = (&'s str, u32)>,
    ) -> Vec<&'s str> {
        let stored: BTreeMap<&str, u32> = stored.into_iter().collect();
        let mut versions: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for (name, version) in &stored {
            versions.entry(whole_of(name)).or_default().push(*version);
        }
        let mut stale = BTreeMap::new();
        note_stale(self, inside, ("", false), &versions, &mut stale);
        stored.into_keys().filter(|name| stale.get(whole_of(name)) == Some(&false)).collect()
    }

    /// Returns the name of a task, or of one of a graph inside, for as long as the program lives.
    pub(super) fn known_name(&self, task: &str) -> Option<&'static str> {
        let task = whole_of(task);
        match task.split_once('.') {
            None => self.position(task).map(|task| self.tasks[task].name),
            Some((object, inner)) => self.position(object).map(|task| joined(self.tasks[task].name, inner)),
        }
    }
}

/// Notes for each task of a graph, and of the graphs inside, whether its stored result is not to be used. The names of the
/// tasks have a prefix; all are stale if the object of the graph is.
fn note_stale(
    graph: &DurableGraph,
    inside: &[GraphInside],
    (prefix, is_object_stale): (&str, bool),
    versions: &BTreeMap<&str, Vec<u32>>,
    stale: &mut BTreeMap<String, bool>,
) {
    let name = |task: usize| format!("{prefix}{}", graph.tasks[task].name);
    for (place, task) in graph.tasks.iter().enumerate() {
        let is_other = versions
            .get(name(place).as_str())
            .is_some_and(|known| known.iter().any(|version| *version != task.version));
        let is_stale = |name: &str| stale.get(name) == Some(&true);
        let needs_stale = |inner: &GraphInside| {
            let mut needed = inner.dependents.iter().filter(|(dependent, _)| *dependent == place);
            needed.any(|(_, needed)| is_stale(&format!("{}.{needed}", name(inner.task))))
        };
        let is_stale = is_object_stale
            || is_other
            || task.dependencies.iter().any(|&dependency| is_stale(&name(dependency)))
            || inside.iter().any(needs_stale);
        stale.insert(name(place), is_stale);
        for inner in inside.iter().filter(|inner| inner.task == place) {
            let prefix = format!("{}.", name(place));
            note_stale(&inner.graph, inner.inside, (&prefix, is_stale), versions, stale);
        }
    }
}

/// Finds out whether the object of a graph inside has a durable block.
pub struct ProbeInside<T>(PhantomData<fn() -> T>);

impl<T: Durable> ProbeInside<T> {
    /// The graph of the object.
    pub const GRAPH: DurableGraph = T::GRAPH;
    /// The graphs inside of it.
    pub const INSIDE: &'static [GraphInside] = T::INSIDE;
}

/// Is used only where the inherent constants of [`ProbeInside`] do not apply: nothing of the graph is stored.
pub trait NotDurable {
    /// No tasks.
    const GRAPH: DurableGraph = DurableGraph { name: "", tasks: &[], max_concurrency: None };
    /// No graphs.
    const INSIDE: &'static [GraphInside] = &[];
}

impl<T> NotDurable for ProbeInside<T> {}

#[cfg(test)]
mod tests {
    use super::super::DurableTask;
    use super::*;

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

    const fn graph(tasks: &'static [DurableTask]) -> DurableGraph {
        DurableGraph { name: "Page", tasks, max_concurrency: None }
    }

    const PAGE: DurableGraph =
        graph(&[task("user", &[], 1), task("pricing", &[0], 1), task("total", &[1], 1), task("discount", &[1], 1)]);
    const INSIDE: &[GraphInside] = &[GraphInside {
        task: 1,
        graph: graph(&[task("price", &[], 2), task("sum", &[0], 1), task("off", &[], 1)]),
        inside: &[],
        dependents: &[(2, "sum"), (3, "off")],
    }];

    fn fresh(user: u32, price: u32) -> Vec<&'static str> {
        let ones = ["pricing", "pricing.sum", "pricing.off", "pricing.gone", "total", "discount"].map(|name| (name, 1));
        PAGE.fresh_names(INSIDE, ones.into_iter().chain([("user", user), ("pricing.price", price)]))
    }

    #[test]
    fn another_version_inside_takes_along_those_that_need_that_task() {
        let all = ["discount", "pricing", "pricing.off", "pricing.price", "pricing.sum", "total", "user"];
        assert_eq!(fresh(1, 2), all);
        assert_eq!(fresh(1, 1), ["discount", "pricing", "pricing.off", "user"]);
    }

    #[test]
    fn results_for_elements_are_used_together_with_those_of_the_same_task() {
        let elements = ["user[0]", "pricing.price[7]", "gone[1]"];
        let fresh =
            |user| PAGE.fresh_names(INSIDE, [(elements[0], user), (elements[1], 2), (elements[2], 1), ("total", 1)]);
        assert_eq!(fresh(1), ["pricing.price[7]", "total", "user[0]"]);
        assert_eq!(fresh(9), [""; 0]);
    }

    #[test]
    fn another_version_of_the_object_takes_all_inside_along() {
        assert_eq!(fresh(9, 2), [""; 0]);
    }

    #[test]
    fn a_task_inside_has_a_version() {
        let version = |task| PAGE.version(INSIDE, task);
        assert_eq!(
            ["user", "pricing.price", "pricing.price[3]", "pricing.gone", "user.price"].map(version),
            [Some(1), Some(2), Some(2), None, None]
        );
    }
}
