//! Terminals of a block: when tasks start, which results reach which tasks, and the effects of failure, panic and
//! cancellation.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/counted.rs"]
mod counted;

mod auto_traits;
mod boxed;
mod cancel;
mod catch;
mod drop_order;
mod executors;
mod failure;
mod generics;
mod layered_errors;
mod lazy;
mod limit;
mod moves;
mod order;
mod panic;
mod references;
mod retry;
mod retry_after;
mod timeout;
#[cfg(feature = "tokio")]
mod turns;
mod values;
