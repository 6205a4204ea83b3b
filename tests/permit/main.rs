//! Tasks with `permit`: which of them are under way at once, in which order, and when a permit is given back.
#![cfg(feature = "tokio")]

#[path = "../common/mod.rs"]
mod common;

mod abandoned;
mod attempts;
mod held;
mod limits;
mod seen;
mod sources;
mod stress;
mod threads;
