//! Tasks that are created at run time, from `#[task]` functions.
#![cfg(feature = "tokio")]

#[path = "../common/mod.rs"]
mod common;

mod abort;
mod arguments;
mod bodies;
mod caught;
mod circle;
mod drops;
mod ends;
mod failure;
mod gates;
mod handle;
mod inside;
mod keep_going;
mod limit;
mod names;
mod nested;
mod observers;
mod options;
mod outcomes;
mod runtime;
mod scope;
mod stack;
mod take;
