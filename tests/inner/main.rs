//! Graphs inside graphs.

#[path = "../common/mod.rs"]
mod common;
#[macro_use]
#[path = "../common/names.rs"]
mod names;

mod abandon;
mod catch;
mod circle;
mod kinds;
mod lazy;
mod limits;
mod runs;
mod terminals;
mod wakers;
