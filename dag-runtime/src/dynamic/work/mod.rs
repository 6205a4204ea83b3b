//! Who runs tasks, and what follows from the end of one.
//!
//! A task of the runtime, a worker, has one node at a time. When that has ended, the worker drops its own handle of it,
//! then tells those who wait, starts those of its consumers that are ready, and continues with the first of them itself.
//! Failures and aborts go through a list of `settle`, which starts nothing: it returns the tasks that can start now.
//! While a node or the future of a scope is polled, `current` knows where that belongs.

pub(super) mod blocking;
mod circle;
pub(super) mod current;
pub(super) mod settle;
pub(super) mod worker;
