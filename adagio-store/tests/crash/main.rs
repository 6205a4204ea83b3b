//! Real processes that are killed, stopped and starved of disk. This program is the parent; with an argument `child` it
//! is a process that works on a file.
#![allow(
    clippy::unused_async,
    clippy::unnecessary_wraps,
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    reason = "tasks here are done at once, and take what they get"
)]
#![cfg_attr(not(unix), allow(dead_code, unused_imports))]

mod child;
#[cfg(unix)]
mod parent;
#[cfg(unix)]
mod random;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("child") {
        return child::main(&arguments.collect::<Vec<_>>());
    }
    #[cfg(unix)]
    parent::main();
    ExitCode::SUCCESS
}
