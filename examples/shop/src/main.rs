//! A shop whose every request is one graph, and the runs that put it under load and under faults.

mod arguments;
mod by_hand;
mod database;
mod gauges;
mod page;
mod play;
mod routes;
mod serve;
mod shop;
mod trials;
mod upstreams;

use std::alloc::System;
use std::error::Error;
use std::future::Future;
use std::process::ExitCode;

use cap::Cap;
use tokio::runtime::Builder;

use crate::arguments::Arguments;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

type Failure = Box<dyn Error + Send + Sync>;

type Outcome = Result<(), Failure>;

const USAGE: &str = "\
usage: shop [serve]      [--port 3000] [--database FILE] [--upstreams ADDRESS] [--patience MS] [--threads N] [--log LEVEL]
       shop upstream     [--port 0] [--latency MS] [--fail PER-MILLE] [--closed 1]
       shop soak         [--requests 50000] [--at-once 1000] [--minutes 10] [--by-hand 1]
       shop connections  [--clients 10000] [--by-hand 1]
       shop compare      [--passes 60] [--seconds 0.5] [--at-once 64] [--latency MS]";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome {
    let arguments = Arguments::parse(std::env::args().skip(1)).ok_or(USAGE)?;
    // Many connections are many files. Where it cannot be raised, what needs more says so.
    _ = rlimit::increase_nofile_limit(u64::MAX);
    match arguments.command() {
        "serve" => block_on(arguments.get("threads", 0)?, serve::serve(&arguments)),
        "upstream" => block_on(arguments.get("threads", 0)?, serve::serve_upstream(&arguments)),
        "soak" => block_on(1, trials::soak::soak(&arguments)),
        "connections" => block_on(1, trials::connections::connections(&arguments)),
        "compare" => block_on(1, trials::compare::compare(&arguments)),
        _ => Err(USAGE.into()),
    }
}

/// Runs on so many threads, or on one for each processor where 0 are asked for.
fn block_on(threads: usize, work: impl Future<Output = Outcome>) -> Outcome {
    let mut runtime = match threads {
        1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    if threads > 1 {
        runtime.worker_threads(threads);
    }
    runtime.enable_all().build()?.block_on(work)
}
