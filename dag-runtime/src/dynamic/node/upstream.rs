//! The tasks that an abort reaches: those that nothing holds any more once the body of an aborted task is dropped.
//!
//! Handles, and the inputs in the bodies of other tasks, count themselves in the task that they hold. While a thread
//! drops the body of an aborted task, it collects the tasks whose last one goes with it.
//!
//! Handles and inputs are counted separately, in two parts of one number, so that a task can tell what holds its result.

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::state::{Node, TypedNode};
use crate::error::TaskError;

thread_local! {
    /// Present while the body of an aborted task is dropped here.
    static COLLECTED: RefCell<Option<Vec<Arc<Node>>>> = const { RefCell::new(None) };
}

/// Drops the body of an aborted task. Returns the tasks that nothing holds any more.
pub(super) fn of_dropped(drop_body: impl FnOnce()) -> Vec<Arc<Node>> {
    let outside = COLLECTED.replace(Some(Vec::new()));
    drop_body();
    COLLECTED.replace(outside).unwrap_or_default()
}

/// A handle counts as 1, and an input of another task as this number. On 32 bits there may be a million inputs. Above this
/// number of handles, [`Held::others`] takes handles for inputs.
const INPUT: usize = 1 << (usize::BITS / 2 - 4);

/// A handle of a task or of its result, or an input of another.
pub(in crate::dynamic) struct Held<T> {
    node: Option<TypedNode<T>>,
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
    pub(in crate::dynamic) fn first(node: TypedNode<T>) -> Self {
        Self { node: Some(node), is_input: false }
    }

    /// Makes it the input of another task.
    pub(in crate::dynamic) fn into_input(mut self) -> Self {
        if !self.is_input {
            self.is_input = true;
            self.count().fetch_add(INPUT - 1, Ordering::AcqRel);
        }
        self
    }

    /// Makes another one, as the input of a task.
    pub(in crate::dynamic) fn input(&self) -> Self {
        self.count().fetch_add(INPUT, Ordering::AcqRel);
        Self { node: self.node.clone(), is_input: true }
    }

    fn typed(&self) -> &TypedNode<T> {
        self.node.as_ref().expect("present until it is dropped")
    }

    pub(in crate::dynamic) fn node(&self) -> &Arc<Node> {
        self.typed().bodied()
    }

    /// Returns the counter of handles and inputs that hold the task.
    fn count(&self) -> &AtomicUsize {
        &self.node().head().held
    }

    fn share(&self) -> usize {
        if self.is_input { INPUT } else { 1 }
    }

    /// Returns the number of other holders of the task.
    pub(in crate::dynamic) fn others(&self) -> Holders {
        let others = self.count().load(Ordering::Acquire) - self.share();
        Holders { handles: others % INPUT, inputs: others / INPUT }
    }

    /// Returns the outcome of a task that has ended.
    pub(in crate::dynamic) fn outcome(&self) -> Option<&Result<T, TaskError>> {
        self.typed().get()
    }

    /// Returns the result of an input: a task runs when all of them are there.
    pub(in crate::dynamic) fn value(&self) -> &T {
        value(self.typed())
    }

    /// Holds the task no more. The caller has the node for a moment. Returns also whether this was the last to hold it: if it
    /// was not, somebody else has the node.
    fn release(mut self) -> (TypedNode<T>, bool) {
        let share = self.share();
        let node = self.node.take().expect("present until it is dropped");
        let is_last = node.bodied().head().held.fetch_sub(share, Ordering::AcqRel) == share;
        (node, is_last)
    }

    /// Takes the outcome of a task that has ended, unless somebody else has the node, if only for a moment.
    pub(in crate::dynamic) fn take_outcome(&mut self) -> Option<Result<T, TaskError>> {
        self.node.as_mut().and_then(TypedNode::take)
    }

    /// Returns the result itself if nobody else holds it, else a clone.
    pub(in crate::dynamic) fn into_value(self) -> T
    where
        T: Clone,
    {
        let (mut node, is_last) = self.release();
        match is_last.then(|| node.take()).flatten() {
            Some(Ok(value)) => value,
            _ => value(&node).clone(),
        }
    }

    /// Returns the outcome of a task that has ended: the outcome itself if nobody else holds it, else a clone.
    pub(in crate::dynamic) fn into_outcome(self) -> Result<T, TaskError>
    where
        T: Clone,
    {
        let (mut node, is_last) = self.release();
        let taken = is_last.then(|| node.take()).flatten();
        taken.unwrap_or_else(|| node.get().expect("the task has ended").clone())
    }
}

fn value<T>(node: &TypedNode<T>) -> &T {
    let name = node.bodied().name();
    match node.get() {
        Some(Ok(value)) => value,
        Some(Err(error)) => unreachable!("a task runs although {error}"),
        None => unreachable!("a task runs before `{name}` is done"),
    }
}

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        self.count().fetch_add(self.share(), Ordering::AcqRel);
        Self { node: self.node.clone(), is_input: self.is_input }
    }
}

impl<T> Deref for Held<T> {
    type Target = Node;

    fn deref(&self) -> &Node {
        self.node()
    }
}

impl<T> Drop for Held<T> {
    fn drop(&mut self) {
        let share = self.share();
        let Some(node) = self.node.take().map(TypedNode::into_bodied) else { return };
        let is_last = node.head().held.fetch_sub(share, Ordering::AcqRel) == share;
        if is_last && !node.has_outcome() {
            // While a thread ends, nobody collects.
            _ = COLLECTED.try_with(|collected| {
                if let Some(collected) = &mut *collected.borrow_mut() {
                    collected.push(node);
                }
            });
        }
    }
}
