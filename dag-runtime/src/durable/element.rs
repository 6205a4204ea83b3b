//! The names of the results for single elements, such as `pages[3]`.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Returns the name of the result for an element. Each such name is kept for the life of the program, once: there are as
/// many as the longest collection of each task has had elements.
pub(crate) fn element_name(task: &'static str, index: usize) -> &'static str {
    static NAMES: Mutex<BTreeMap<&'static str, Vec<&'static str>>> = Mutex::new(BTreeMap::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    let names = names.entry(task).or_default();
    if names.len() <= index {
        names.resize(index + 1, "");
    }
    let name = &mut names[index];
    if name.is_empty() {
        *name = format!("{task}[{index}]").leak();
    }
    name
}

/// Returns the task and the index of an element, if this is the name of the result for one.
///
/// # Examples
/// ```
/// # mod adagio { pub(crate) mod durable { pub(crate) use dag_runtime::element_of; } }
/// use adagio::durable::element_of;
///
/// assert_eq!(element_of("pages[3]"), Some(("pages", 3)));
/// assert_eq!(element_of("report.pages[0]"), Some(("report.pages", 0)));
/// assert_eq!(element_of("pages"), None);
/// ```
#[must_use]
pub fn element_of(name: &str) -> Option<(&str, usize)> {
    let (task, index) = name.strip_suffix(']')?.split_once('[')?;
    Some((task, index.parse().ok()?))
}

/// Returns the name of the task to which a result belongs: without the index of an element.
///
/// # Examples
/// ```
/// # mod adagio { pub(crate) mod durable { pub(crate) use dag_runtime::whole_of; } }
/// use adagio::durable::whole_of;
///
/// assert_eq!(whole_of("report.pages[3]"), "report.pages");
/// assert_eq!(whole_of("total"), "total");
/// ```
#[must_use]
pub fn whole_of(name: &str) -> &str {
    element_of(name).map_or(name, |(task, _)| task)
}
