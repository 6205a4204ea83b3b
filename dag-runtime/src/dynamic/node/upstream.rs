//! The tasks that an abort reaches: those that nothing holds any more once the body of an aborted task is dropped.
//!
//! Handles, and the inputs in the bodies of other tasks, are portions of the task that they hold. While a thread drops the
//! body of an aborted task, it collects the tasks whose last portion ends with it.
//!
//! An input is more portions than a handle, so that one counter has the numbers of both, and a task can tell what holds its
//! result.

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::Arc;

use super::state::{Node, State, TypedNode};
use crate::cell::body::Unheld;
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

/// A handle is one portion, and an input of another task this number. On 32 bits there may be half a million inputs. Above
/// this number of handles, [`Held::others`] takes handles for inputs.
const INPUT: usize = 1 << (usize::BITS / 2 - 4);

/// A handle of a task or of its result, or an input of another.
pub(in crate::dynamic) struct Held<T>(TypedNode<T>);

/// Those who hold a task.
pub(in crate::dynamic) struct Holders {
    pub(in crate::dynamic) handles: usize,
    /// Inputs of other tasks.
    pub(in crate::dynamic) inputs: usize,
}

impl<T> Held<T> {
    /// Takes the node of a task that was made just now: the first to hold it.
    pub(in crate::dynamic) fn first(node: TypedNode<T>) -> Self {
        Self(node)
    }

    /// Makes it the input of another task.
    pub(in crate::dynamic) fn into_input(mut self) -> Self {
        if self.0.held().amount() < INPUT {
            self.0.add(INPUT - 1);
        }
        self
    }

    /// Makes another one, as the input of a task.
    #[inline]
    pub(in crate::dynamic) fn input(&self) -> Self {
        Self(self.0.fork(INPUT))
    }

    pub(in crate::dynamic) fn node(&self) -> Arc<Node> {
        self.0.held().whole()
    }

    /// Returns the number of other holders of the task.
    pub(in crate::dynamic) fn others(&self) -> Holders {
        let others = self.0.held().others();
        Holders { handles: others % INPUT, inputs: others / INPUT }
    }

    /// Returns the outcome of a task that has ended.
    pub(in crate::dynamic) fn outcome(&self) -> Option<&Result<T, TaskError>> {
        self.0.get()
    }

    /// Returns the result of an input: a task runs when all of them are there.
    pub(in crate::dynamic) fn value(&self) -> &T {
        match self.0.get() {
            Some(Ok(value)) => value,
            Some(Err(error)) => unreachable!("a task runs although {error}"),
            None => unreachable!("a task runs before `{}` is done", self.name()),
        }
    }

    /// Takes the outcome of a task that has ended, unless somebody else has the node, if only for a moment.
    pub(in crate::dynamic) fn take_outcome(&mut self) -> Option<Result<T, TaskError>> {
        self.0.take()
    }

    /// Returns the result itself if nobody else holds it, else a clone.
    pub(in crate::dynamic) fn into_value(mut self) -> T
    where
        T: Clone,
    {
        match self.take_outcome() {
            Some(Ok(value)) => value,
            _ => self.value().clone(),
        }
    }

    /// Returns the outcome of a task that has ended: the outcome itself if nobody else holds it, else a clone.
    pub(in crate::dynamic) fn into_outcome(mut self) -> Result<T, TaskError>
    where
        T: Clone,
    {
        let taken = self.take_outcome();
        taken.unwrap_or_else(|| self.outcome().expect("the task has ended").clone())
    }
}

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        Self(self.0.fork(self.0.held().amount()))
    }
}

impl<T> Deref for Held<T> {
    type Target = Node;

    #[inline]
    fn deref(&self) -> &Node {
        self.0.bodied()
    }
}

impl Unheld for State {
    fn unheld(node: Arc<Node>) {
        if !node.has_outcome() {
            // While a thread ends, nobody collects.
            _ = COLLECTED.try_with(|collected| {
                if let Some(collected) = &mut *collected.borrow_mut() {
                    collected.push(node);
                }
            });
        }
    }
}
