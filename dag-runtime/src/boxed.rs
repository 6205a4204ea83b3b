//! Futures of tasks that are on the heap.

use std::pin::Pin;

/// Returns a function that calls `start`, and moves the future that it returns to the heap.
pub fn boxed<F: Future>(start: impl Fn() -> F) -> impl Fn() -> Pin<Box<F>> {
    move || moved(&start)
}

/// Is not inlined: in the frame of a driver, the compiler may keep room for the future of each task.
#[inline(never)]
fn moved<F>(start: &impl Fn() -> F) -> Pin<Box<F>> {
    Box::pin(start())
}
