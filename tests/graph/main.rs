//! The graph of a type, and the pictures of it.

#[path = "../common/mod.rs"]
mod common;

mod catch;
mod drawing;
mod inner;
mod readme;
