//! Who runs tasks, and what follows from the end of one.

pub(super) mod blocking;
pub(super) mod current;
pub(super) mod settle;
mod worker;
