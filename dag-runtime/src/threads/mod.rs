//! Tasks on other threads: who may start a task, which tasks are ready, and what the driver is told.

#[cfg(feature = "tokio")]
mod blocking;
#[cfg(any(feature = "tokio", all(test, loom)))]
mod progress;
#[cfg(any(feature = "tokio", all(test, loom)))]
mod ready;
#[cfg(feature = "tokio")]
mod team;

#[cfg(feature = "tokio")]
pub use {
    blocking::blocking,
    progress::Link,
    team::{Keep, Offload, Relay, Spawn, Team, caught},
};
