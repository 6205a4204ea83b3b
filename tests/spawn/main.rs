//! Tasks with `spawn` and `blocking` on other threads.
#![cfg(feature = "tokio")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/counted.rs"]
mod counted;
#[path = "../common/leavers.rs"]
mod leavers;

mod abandon;
mod again;
mod cancel;
mod catch;
mod circle;
mod circle_bodies;
mod circle_drops;
mod close;
mod finish;
mod lazy;
mod many;
mod meeting;
mod moves;
mod run;
mod threads;
