//! The attempts of a task: how long each may take, and when there is another.

mod retry;
mod timeout;

pub use retry::{Attempts, Retry, caught_error, kept, retry, retry_after};
pub use timeout::{FromTimedOut, TimedOut, timed};
