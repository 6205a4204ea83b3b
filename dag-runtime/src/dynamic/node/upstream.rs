//! The tasks that an abort reaches: those that nobody holds any more once the body of an aborted task is dropped.
//!
//! Handles, and the inputs in the bodies of other tasks, count themselves in the task that they hold. While a thread
//! drops the body of an aborted task, it collects the tasks whose last one goes with it.

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::any_node::AnyNode;
use super::typed::Node;

thread_local! {
    /// Present while the body of an aborted task is dropped here.
    static COLLECTED: RefCell<Option<Vec<Arc<dyn AnyNode>>>> = const { RefCell::new(None) };
}

/// Drops the body of an aborted task; returns the tasks that nobody holds any more.
pub(super) fn of_dropped(drop_body: impl FnOnce()) -> Vec<Arc<dyn AnyNode>> {
    let outside = COLLECTED.replace(Some(Vec::new()));
    drop_body();
    COLLECTED.replace(outside).unwrap_or_default()
}

/// A handle of a task, or an input of another.
pub(in crate::dynamic) struct Held<T>(Option<Arc<Node<T>>>);

impl<T> Held<T> {
    /// Takes the node of a task that was made just now: the first to hold it.
    pub(in crate::dynamic) fn first(node: Arc<Node<T>>) -> Self {
        Self(Some(node))
    }

    pub(in crate::dynamic) fn node(&self) -> &Arc<Node<T>> {
        self.0.as_ref().expect("present until it is dropped")
    }

    /// Returns the node of a task that has ended.
    pub(in crate::dynamic) fn into_node(mut self) -> Arc<Node<T>> {
        let node = self.0.take().expect("present until it is dropped");
        node.held().fetch_sub(1, Ordering::AcqRel);
        node
    }

    /// Returns the result itself if nobody else holds it, else a clone.
    pub(in crate::dynamic) fn into_value(self) -> T
    where
        T: Clone,
    {
        Node::into_value(self.into_node())
    }
}

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        self.node().held().fetch_add(1, Ordering::AcqRel);
        Self(self.0.clone())
    }
}

impl<T> Deref for Held<T> {
    type Target = Node<T>;

    fn deref(&self) -> &Node<T> {
        self.node()
    }
}

impl<T> Drop for Held<T> {
    fn drop(&mut self) {
        let Some(node) = self.0.take() else { return };
        let is_last = node.held().fetch_sub(1, Ordering::AcqRel) == 1;
        if is_last && node.outcome().is_none() {
            // While a thread ends, nobody collects.
            _ = COLLECTED.try_with(|collected| {
                if let Some(collected) = &mut *collected.borrow_mut() {
                    collected.push(Node::erased(node));
                }
            });
        }
    }
}
