//! The runs that put a shop of another process under load and under faults, and measure it.

pub(crate) mod compare;
pub(crate) mod connections;
mod load;
mod outage;
mod overload;
mod process;
mod right;
pub(crate) mod soak;
