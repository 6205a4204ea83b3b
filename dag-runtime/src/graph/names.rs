//! Names with a dot, of tasks inside of graphs inside of others.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The path of an inner graph: the tasks that return the objects around it.
#[derive(Clone)]
pub(crate) struct Path {
    object: &'static str,
    outer: Option<Arc<Path>>,
}

impl Path {
    /// Takes the task that returns the object, and where that task is.
    pub(crate) fn new(object: &'static str, outer: Option<Self>) -> Self {
        Self { object, outer: outer.map(Arc::new) }
    }

    /// Returns the name of a task of the graph, by which the outermost graph knows it.
    pub(crate) fn name(&self, task: &str) -> &'static str {
        let mut name = joined(self.object, task);
        let mut outer = &self.outer;
        while let Some(path) = outer {
            name = joined(path.object, name);
            outer = &path.outer;
        }
        name
    }
}

/// Returns `outer.inner`. Each such name is kept for the life of the program, once: there are no more of them than the
/// program has graphs in graphs.
pub(crate) fn joined(outer: &str, inner: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let name = format!("{outer}.{inner}");
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name.as_str()) {
        return known;
    }
    let name: &'static str = name.leak();
    names.insert(name);
    name
}
