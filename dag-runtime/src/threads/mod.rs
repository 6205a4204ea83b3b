//! Tasks on other threads: which thread may start a task, which tasks are ready, and which events the driver hears of.

#[cfg(feature = "tokio")]
mod blocking;
#[cfg(feature = "tokio")]
mod crew;
#[cfg(feature = "tokio")]
mod finish;
#[cfg(feature = "tokio")]
mod leash;
#[cfg(any(feature = "tokio", all(test, loom)))]
mod progress;
#[cfg(any(feature = "tokio", all(test, loom)))]
mod ready;
#[cfg(feature = "tokio")]
mod team;

#[cfg(feature = "tokio")]
pub(crate) use finish::finish;
#[cfg(feature = "tokio")]
pub use {
    blocking::blocking,
    crew::{Asking, Crew, Hire, Picker, Shelf, Stock, Walk, asking_together},
    progress::Link,
    team::{EndOf, Keep, Offload, Relay, Spawn, Team, caught},
};
