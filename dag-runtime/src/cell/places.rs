//! Futures of one type, each in a place of its own, where it stays from its first poll until it is dropped.
//!
//! The places lie in chunks of fixed size on the heap, so that there may be more of them at any time, and so that there
//! are few allocations. Nobody gets a future by value or by `&mut` out of this module: a place is only filled, polled and
//! cleared.

use std::pin::Pin;
use std::task::{Context, Poll};

/// How many places a chunk has.
const CHUNK: usize = 32;

/// Places for futures, numbered from 0.
pub(crate) struct Places<F> {
    chunks: Vec<Box<[Place<F>]>>,
    count: usize,
}

struct Place<F> {
    /// What the future is for.
    index: usize,
    future: Option<F>,
}

impl<F: Future> Places<F> {
    /// Makes no place.
    pub(crate) fn new() -> Self {
        Self { chunks: Vec::new(), count: 0 }
    }

    /// Returns how many places there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Makes more places, at most as many as are `wanted`. Only the last chunk may be smaller than the others, and then
    /// nobody wants more.
    pub(crate) fn grow(&mut self, wanted: usize) {
        assert!(self.count % CHUNK == 0, "all places that were wanted are there");
        let places = wanted.min(CHUNK);
        self.chunks.push((0..places).map(|_| Place { index: 0, future: None }).collect());
        self.count += places;
    }

    /// Returns whether there is a future in a place.
    #[inline]
    pub(crate) fn is_taken(&self, place: usize) -> bool {
        #[expect(
            clippy::redundant_pattern_matching,
            reason = "`is_some` takes a reference, which breaks borrows inside"
        )]
        let is_taken = matches!(self.chunks[place / CHUNK][place % CHUNK].future, Some(_));
        is_taken
    }

    /// Returns what the future in a place is for, or was.
    #[inline]
    pub(crate) fn index(&self, place: usize) -> usize {
        self.chunks[place / CHUNK][place % CHUNK].index
    }

    /// Puts a future into a place, and notes what it is for. Drops the one that was there.
    #[inline]
    pub(crate) fn set(&mut self, place: usize, index: usize, future: F) {
        self.chunks[place / CHUNK][place % CHUNK].index = index;
        self.future(place).set(Some(future));
    }

    /// Polls the future in a place. Drops it when it is ready.
    ///
    /// # Panics
    /// If there is none, or if it panics.
    #[inline]
    pub(crate) fn poll(&mut self, place: usize, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut future = self.future(place);
        let result = future.as_mut().as_pin_mut().expect("a place that is polled has a future").poll(cx);
        if result.is_ready() {
            future.set(None);
        }
        result
    }

    #[inline]
    fn future(&mut self, place: usize) -> Pin<&mut Option<F>> {
        let future = &mut self.chunks[place / CHUNK][place % CHUNK].future;
        // SAFETY: the place lies in a box whose contents never move: a chunk neither grows nor leaves this struct. The
        // future is only reached through this pin, and is dropped in its place.
        unsafe { Pin::new_unchecked(future) }
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
