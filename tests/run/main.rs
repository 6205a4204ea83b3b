//! Runs: tasks that start at most once for all their waiters.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/leavers.rs"]
mod leavers;
#[macro_use]
#[path = "../common/names.rs"]
mod names;

mod abandon;
mod all;
mod caught;
mod chain;
mod circle;
mod circle_bodies;
mod circle_drops;
mod circle_lazy;
mod circle_lent;
mod circle_wide;
mod close;
mod close_failure;
mod events;
mod failure;
mod goals;
mod injection;
mod latecomers;
mod limits;
mod memo;
mod observers;
mod owned;
mod panic;
#[path = "../common/panic_line.rs"]
mod panic_line;
mod retry;
mod settings;
mod types;
mod waiting;
mod wide_limits;
