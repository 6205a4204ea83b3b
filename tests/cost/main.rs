//! The heap and the stack that calls, runs and tasks take.

#[path = "../common/mod.rs"]
mod common;
#[macro_use]
#[path = "../common/names.rs"]
mod names;

mod boxed;
mod each;
mod function;
mod run;
mod size;
mod terminal;
