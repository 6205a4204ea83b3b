//! Tasks that run once for each element of a collection: what a body gets, which bodies are under way, what their results
//! become, and the effects of failure, panic and cancellation.
#![allow(clippy::unused_async, reason = "many bodies here are done at once")]
#![allow(clippy::trivially_copy_pass_by_ref, clippy::ptr_arg, reason = "both kinds of parameters")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/counted.rs"]
mod counted;

#[cfg(feature = "tokio")]
mod budget;
mod close;
mod drops;
mod events;
mod follow;
mod gates;
mod kinds;
mod lazy;
mod limits;
mod order;
mod runs;
mod spawned;
mod turns;
mod values;
mod works;
