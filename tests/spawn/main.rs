//! Tasks with `spawn` and `blocking` on other threads.
#![cfg(feature = "tokio")]

#[path = "../common/mod.rs"]
mod common;

mod abandon;
mod cancel;
mod catch;
mod circle;
mod circle_bodies;
mod close;
mod finish;
mod lazy;
mod many;
mod meeting;
mod run;
mod threads;
