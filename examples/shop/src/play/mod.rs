//! The three services that the shop asks, played with the faults that services have.

pub(crate) mod fault;
pub(crate) mod services;
