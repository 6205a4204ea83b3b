//! Such tasks on other threads.
#![cfg(feature = "tokio")]

mod blocking;
mod drops;
mod faults;
mod kinds;
mod lazy;
mod mixed;
mod order;
mod runs;
mod threads;
mod values;

/// Lets all other tasks of a runtime with one thread run until nothing more happens.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}
