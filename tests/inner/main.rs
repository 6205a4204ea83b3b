//! Graphs inside graphs.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/counted.rs"]
mod counted;
#[macro_use]
#[path = "../common/names.rs"]
mod names;

mod abandon;
mod catch;
mod circle;
mod deep;
mod kinds;
mod later;
mod lazy;
mod limits;
mod moves;
mod runs;
mod terminals;
mod wakers;
