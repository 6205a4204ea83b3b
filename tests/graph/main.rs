//! The graph of a type, and the pictures of it.

#[path = "../common/mod.rs"]
mod common;

mod catch;
mod drawing;
mod each;
mod inner;
mod readme;
