#![doc = include_str!("../README.md")]

mod admin;
mod calls;
mod deployment;
mod entry;
mod failure;
mod invocation;
mod listen;
mod order;
mod past;
mod process;
mod progress;
mod report;
mod service;

pub use admin::AdminError;
pub use deployment::{Deployment, serve, serve_tasks};
pub use report::report;
