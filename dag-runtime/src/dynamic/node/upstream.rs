//! The tasks that an abort reaches: those that nothing holds any more once the body of an aborted task is dropped.
//!
//! Handles, and the inputs in the bodies of other tasks, count themselves in the task that they hold. While a thread
//! drops the body of an aborted task, it collects the tasks whose last one goes with it.
//!
//! Handles and inputs are counted separately, in two parts of one number, so that a task can tell what holds its result.

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::any_node::AnyNode;
use super::typed::Node;
use crate::error::TaskError;

thread_local! {
    /// Present while the body of an aborted task is dropped here.
    static COLLECTED: RefCell<Option<Vec<Arc<dyn AnyNode>>>> = const { RefCell::new(None) };
}

/// Drops the body of an aborted task. Returns the tasks that nothing holds any more.
pub(super) fn of_dropped(drop_body: impl FnOnce()) -> Vec<Arc<dyn AnyNode>> {
    let outside = COLLECTED.replace(Some(Vec::new()));
    drop_body();
    COLLECTED.replace(outside).unwrap_or_default()
}

/// A handle counts as 1, and an input of another task as this number. On 32 bits there may be a million inputs. Above this
/// number of handles, [`Held::others`] takes handles for inputs.
const INPUT: usize = 1 << (usize::BITS / 2 - 4);

/// A handle of a task or of its result, or an input of another.
pub(in crate::dynamic) struct Held<T> {
    node: Option<Arc<Node<T>>>,
    is_input: bool,
}

/// Those who hold a task.
pub(in crate::dynamic) struct Holders {
    pub(in crate::dynamic) handles: usize,
    /// Inputs of other tasks.
    pub(in crate::dynamic) inputs: usize,
}

impl<T> Held<T> {
    /// Takes the node of a task that was made just now: the first to hold it.
    pub(in crate::dynamic) fn first(node: Arc<Node<T>>) -> Self {
        Self { node: Some(node), is_input: false }
    }

    /// Makes it the input of another task.
    pub(in crate::dynamic) fn into_input(mut self) -> Self {
        if !self.is_input {
            self.is_input = true;
            self.node().held().fetch_add(INPUT - 1, Ordering::AcqRel);
        }
        self
    }

    /// Makes another one, as the input of a task.
    pub(in crate::dynamic) fn input(&self) -> Self {
        self.node().held().fetch_add(INPUT, Ordering::AcqRel);
        Self { node: self.node.clone(), is_input: true }
    }

    pub(in crate::dynamic) fn node(&self) -> &Arc<Node<T>> {
        self.node.as_ref().expect("present until it is dropped")
    }

    fn share(&self) -> usize {
        if self.is_input { INPUT } else { 1 }
    }

    /// Returns the number of other holders of the task.
    pub(in crate::dynamic) fn others(&self) -> Holders {
        let others = self.node().held().load(Ordering::Acquire) - self.share();
        Holders { handles: others % INPUT, inputs: others / INPUT }
    }

    /// Returns the node of a task that has ended.
    pub(in crate::dynamic) fn into_node(mut self) -> Arc<Node<T>> {
        let share = self.share();
        let node = self.node.take().expect("present until it is dropped");
        node.held().fetch_sub(share, Ordering::AcqRel);
        node
    }

    /// Takes the outcome of a task that has ended, unless somebody else has the node, if only for a moment.
    pub(in crate::dynamic) fn take_outcome(&mut self) -> Option<Result<T, TaskError>> {
        self.node.as_mut().and_then(Node::take_outcome)
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
        self.node().held().fetch_add(self.share(), Ordering::AcqRel);
        Self { node: self.node.clone(), is_input: self.is_input }
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
        let share = self.share();
        let Some(node) = self.node.take() else { return };
        let is_last = node.held().fetch_sub(share, Ordering::AcqRel) == share;
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
