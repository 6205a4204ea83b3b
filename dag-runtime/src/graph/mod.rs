//! The tasks of a type as data, for those who want to look at them.

mod dot;
mod edge;
mod flat;
mod goal;
mod inner;
mod mermaid;
pub(crate) mod names;
mod node;
mod task;
mod tree;

use std::fmt;

use dag_layout::{Frame, Picture, PictureGroup, PictureNode};

pub use edge::{Edge, EdgeKind};
use flat::Flat;
pub use inner::InnerGraph;
pub use node::Node;
pub use task::{GraphTask, TaskKind};

/// The tasks of a type and their dependencies, as `Checkout::graph()` returns them.
///
/// `Display` prints a tree: below each task the tasks it depends on.
///
/// # Examples
/// ```
/// # use dag_runtime::{Graph, Node, TaskKind};
/// # struct Checkout;
/// # impl Checkout {
/// #     fn graph() -> &'static Graph {
/// #         const USER: Node =
/// #             Node { name: "user", dependencies: &[], needed: &[1], kind: TaskKind::Async, docs: "Who is buying." };
/// #         const CART: Node = Node { name: "cart", dependencies: &[0], needed: &[3], kind: TaskKind::Fn, docs: "" };
/// #         const { &Graph::new("Checkout", &[USER, CART]) }
/// #     }
/// # }
/// let graph = Checkout::graph();
/// println!("{graph}");
/// assert!(graph.to_svg().starts_with("<svg"));
/// let cart = graph.tasks().last().unwrap();
/// assert_eq!((cart.name(), cart.dependencies().len()), ("cart", 1));
/// ```
pub struct Graph {
    name: &'static str,
    nodes: &'static [Node],
    inner_graphs: &'static [InnerGraph],
    /// The dependencies that are not plain, in ascending order of the tasks that depend.
    edges: &'static [Edge],
    has_lazy_edges: bool,
    has_closers: bool,
    /// The tasks on other threads that the driver polls all the same, because they run once for each element.
    crews: &'static [usize],
    /// The tasks that run once for each element of a collection, each with the task that returns the collection.
    elements: &'static [(usize, usize)],
    /// The declared types of the results, a line for each node; an empty line, or none, is `()`.
    results: &'static str,
}

impl Graph {
    /// Makes the graph of a block.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(name: &'static str, nodes: &'static [Node]) -> Self {
        Self::with_inner_graphs(name, nodes, &[])
    }

    /// Makes the graph of a block with graphs inside.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_inner_graphs(
        name: &'static str,
        nodes: &'static [Node],
        inner_graphs: &'static [InnerGraph],
    ) -> Self {
        let (edges, crews, elements) = (&[], &[], &[]);
        let (has_lazy_edges, has_closers) = (false, false);
        Self { name, nodes, inner_graphs, edges, has_lazy_edges, has_closers, crews, elements, results: "" }
    }

    /// Notes that a run of the block can be closed.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_closers(self) -> Self {
        Self { has_closers: true, ..self }
    }

    /// Names the tasks on other threads that run once for each element.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_crews(self, crews: &'static [usize]) -> Self {
        Self { crews, ..self }
    }

    /// Names the tasks that run once for each element of a collection, each with the task that returns the collection.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_elements(self, elements: &'static [(usize, usize)]) -> Self {
        Self { elements, ..self }
    }

    /// Adds the declared types of the results, a line for each node.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_results(self, results: &'static str) -> Self {
        Self { results, ..self }
    }

    /// Returns whether a task is on other threads and runs once for each element.
    pub(crate) fn has_crew(&self, task: usize) -> bool {
        self.crews.contains(&task)
    }

    /// Returns the task whose elements a task runs for, if it runs once for each.
    pub(crate) fn collection_of(&self, task: usize) -> Option<usize> {
        self.elements.iter().find(|(own, _)| *own == task).map(|(_, collection)| *collection)
    }

    /// Returns whether a run of the block can be closed.
    pub(crate) fn has_closers(&self) -> bool {
        self.has_closers
    }

    /// Returns whether it is the graph of the same block as another. There may be copies of one in several crates.
    #[cfg(feature = "profile")]
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let names = |graph: &Self| graph.nodes.iter().map(|node| node.name);
        std::ptr::eq(self, other) || (self.name == other.name && names(self).eq(names(other)))
    }

    pub(crate) fn nodes(&self) -> &'static [Node] {
        self.nodes
    }

    /// Returns the name of the type.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the tasks in topological order: repeatedly the first task in source order whose dependencies all come
    /// before it. Tasks of an inner graph follow the task that returns its object, with a dot in their names.
    #[must_use]
    pub fn tasks(&'static self) -> impl DoubleEndedIterator<Item = GraphTask> + ExactSizeIterator {
        (0..Flat::new(self).tasks.len()).map(move |id| GraphTask { graph: self, id })
    }

    /// Returns a flowchart for [Mermaid](https://mermaid.js.org), which GitHub and others draw in a Markdown file.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        mermaid::Mermaid(self).to_string()
    }

    /// Returns a digraph for [Graphviz](https://graphviz.org).
    #[must_use]
    pub fn to_dot(&self) -> String {
        dot::Dot(self).to_string()
    }

    /// Returns a picture as an SVG file that needs nothing else. Tasks in the first column start at once, those in
    /// other columns when the tasks that lead to them are done. A box shows the type of the result, with a `?` if it is
    /// a `Result`. Tasks of an inner graph are in a box. A dependency with `catch` is a dotted line, one with `lazy` a
    /// dashed line. A task with `in`, which runs once for each element, is a stack of boxes.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let Flat { tasks, boxes } = Flat::new(self);
        let nodes = tasks.into_iter().map(|task| PictureNode {
            name: task.name,
            title: task.docs,
            kind: task.kind.word(),
            result: task.result,
            caught: task.of_kind(EdgeKind::Catch),
            lazy: task.of_kind(EdgeKind::Lazy),
            is_wide: task.is_wide(),
            dependencies: task.dependencies,
            within: task.within,
            ..PictureNode::default()
        });
        let groups = boxes.into_iter().map(|inner| PictureGroup { name: inner.name, within: inner.within });
        let (nodes, groups) = (nodes.collect(), groups.collect());
        Picture { name: self.name, nodes, groups, marked: Vec::new(), frame: Frame::Own }.to_string()
    }
}

#[expect(clippy::missing_fields_in_debug, reason = "the graphs inside show in the names of tasks")]
impl fmt::Debug for Graph {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tasks: Vec<&str> = Flat::new(self).tasks.iter().map(|task| task.name).collect();
        formatter.debug_struct("Graph").field("name", &self.name).field("tasks", &tasks).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEFT: Node = Node::new("left", TaskKind::Fn, &[], &[0b1]);
    const RIGHT: Node = Node::new("right", TaskKind::Fn, &[], &[0b10]);
    const SUM: Node = Node::new("sum", TaskKind::Fn, &[0, 1], &[0b111]);
    const REPORT: Node = Node::new("report", TaskKind::Fn, &[2], &[0b1111]);

    #[test]
    fn the_only_goal_is_the_task_that_needs_all_the_others() {
        let graph = const { &Graph::new("Sums", &[LEFT, RIGHT, SUM, REPORT]) };
        let goals: [(&[&str], _); 6] = [
            (&["left", "sum"], Some(1)),
            (&["report", "right", "left"], Some(0)),
            (&["left", "right"], None),
            (&["unknown", "left"], Some(1)),
            (&["unknown"], None),
            (&[], None),
        ];
        for (names, goal) in goals {
            assert_eq!(graph.only_goal(names), goal, "{names:?}");
        }
    }

    #[cfg(feature = "profile")]
    #[test]
    fn graphs_of_one_name_with_the_same_tasks_are_of_one_block() {
        let graph = const { &Graph::new("Sums", &[LEFT, RIGHT]) };
        assert!(graph.is_same(graph) && graph.is_same(&Graph::new("Sums", &[LEFT, RIGHT])));
        assert!(!graph.is_same(&Graph::new("Others", &[LEFT, RIGHT])));
        assert!(!graph.is_same(&Graph::new("Sums", &[LEFT])) && !graph.is_same(&Graph::new("Sums", &[LEFT, SUM])));
    }

    #[test]
    fn letters_that_are_not_seen_leave_a_sign_in_every_picture() {
        const HIDDEN: Node = Node {
            name: "a\u{202e}b",
            dependencies: &[],
            needed: &[],
            kind: TaskKind::Fn,
            docs: "\u{1b}[31m\u{2066}red\r",
        };
        let graph = const { &Graph::new("Odd", &[HIDDEN]).with_results("Odd\u{202e}") };
        for text in [graph.to_string(), graph.to_svg(), graph.to_dot(), graph.to_mermaid()] {
            let is_seen = |letter| letter == '\n' || !dag_layout::is_hidden(letter);
            assert!(text.chars().all(is_seen), "{text:?}");
            assert!(!text.contains("#8238;"), "Mermaid makes the letter of its number: {text}");
        }
    }
}
