//! Tasks that are created at run time, from `#[task]` functions.
#![cfg(feature = "tokio")]

#[path = "../common/mod.rs"]
mod common;

mod arguments;
mod failure;
mod options;
mod scope;
mod stack;
