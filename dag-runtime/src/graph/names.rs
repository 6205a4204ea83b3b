//! Names with a dot, of tasks inside of graphs inside of others.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Gives `outer.inner`. Each such name is kept for the life of the program, once: there are no more of them than the
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
