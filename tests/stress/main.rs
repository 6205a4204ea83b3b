//! Many threads and many rounds. A separate binary, because it keeps every core busy.

#[path = "../common/mod.rs"]
mod common;
#[cfg(feature = "tokio")]
#[path = "../shapes/random.rs"]
mod random;

mod abandon;
#[cfg(feature = "tokio")]
mod catch;
#[cfg(feature = "tokio")]
mod close;
mod function;
mod inner;
#[cfg(feature = "tokio")]
mod lazy;
mod rounds;
mod run;
mod spawn;
