//! Tasks with `spawn` and `blocking` on other threads.
#![cfg(feature = "tokio")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/counted.rs"]
mod counted;

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
mod moves;
mod run;
mod threads;
