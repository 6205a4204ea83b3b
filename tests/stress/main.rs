//! Many threads and many rounds. A binary of its own: it keeps every core busy.

#[path = "../common/mod.rs"]
mod common;

mod function;
mod inner;
mod rounds;
mod run;
mod spawn;
