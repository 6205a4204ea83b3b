#![doc = include_str!("../README.md")]

mod calls;
mod deployment;
mod entry;
mod failure;
mod invocation;
mod listen;
mod order;
mod process;
mod progress;
mod service;

pub use deployment::{Deployment, serve, serve_tasks};
