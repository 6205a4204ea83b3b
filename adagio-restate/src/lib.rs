#![doc = include_str!("../README.md")]

mod admin;
mod calls;
mod collections;
mod deployment;
mod desk;
mod entry;
mod failure;
mod gone;
mod input;
mod invocation;
mod listen;
mod orchestrate;
mod order;
mod outbox;
mod past;
mod plan;
mod process;
mod report;
mod results;
mod service;

pub use admin::{Admin, AdminError};
pub use deployment::{Deployment, KeyError, serve, serve_tasks};
pub use report::report;
