//! Calls that nobody counts, which costs nothing.
#![allow(clippy::unused_self, reason = "with the feature these have something to do")]

#[cfg(feature = "tokio")]
use std::sync::Arc;

use crate::graph::Graph;
#[cfg(feature = "tokio")]
use crate::observe::announcer::Announcer;

pub(crate) struct Calls;

impl Calls {
    pub(crate) const NONE: Self = Self;

    #[inline]
    pub(crate) fn new(_graph: &'static Graph, _goal: impl FnOnce() -> Option<usize>) -> Self {
        Self
    }

    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn announcer(&self) -> Option<Arc<Announcer>> {
        None
    }

    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn join(&mut self, _announcer: Option<&Arc<Announcer>>) {}

    #[inline]
    pub(crate) fn open(&mut self, _task: usize) {}

    #[inline]
    pub(crate) fn enter<T>(&mut self, _task: usize, poll: impl FnOnce() -> T) -> T {
        poll()
    }

    #[inline]
    pub(crate) fn returned(&mut self, _task: usize) {}

    #[inline]
    pub(crate) fn done(&mut self, _task: usize) {}

    #[inline]
    pub(crate) fn failed(&mut self, _task: usize) {}

    #[inline]
    pub(crate) fn dropped(&mut self, _task: usize) {}
}

pub(crate) struct CallsInside;

impl CallsInside {
    #[inline]
    pub(crate) fn new() -> Self {
        Self
    }

    #[inline]
    pub(crate) fn set(
        &self,
        _outer: &Calls,
        _object: usize,
        _graph: fn() -> &'static Graph,
        _known: impl FnOnce() -> Vec<(usize, usize)>,
    ) {
    }

    #[inline]
    pub(crate) fn calls(&self) -> Calls {
        Calls
    }
}
