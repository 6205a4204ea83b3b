//! A shop in which every request is one graph, and programs that put it under load and under faults.

mod arguments;
mod breaker;
mod by_hand;
mod database;
mod gauges;
mod listener;
mod page;
mod play;
mod remembered;
mod routes;
mod serve;
mod shop;
mod slow;
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
usage: shop [serve]      [--host 127.0.0.1] [--port 3000] [--operators 127.0.0.1:3001] [--database FILE-OR-URL]
                         [--upstreams ADDRESS] [--at-once 256] [--connections 15000] [--slow-client MS] [--drain MS]
                         [--patience MS] [--breaker FAILURES] [--remember SECONDS] [--slow TIMELINES] [--threads N]
                         [--log LEVEL] [--by-hand]
       shop upstream     [--port 0] [--latency MS] [--fail PER-MILLE] [--closed]
       shop soak         [--requests 50000] [--at-once 1000] [--minutes 10] [--by-hand]
       shop soak --overload  [--at-once 32] [--latency 50] [--seconds 10] [--times 5] [--busy]
       shop soak --outage    [--seconds 60] [--busy]
       shop connections  [--clients 10000] [--by-hand]
       shop compare      [--passes 400] [--seconds 0.1] [--at-once 64] [--latency MS] [--slow 20]

With --busy, figures are printed and do not fail: the machine may be slow.
DATABASE_URL stands in for --database, for addresses with a password.";

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

/// Runs on `threads` threads, or on one for each processor if that is 0.
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
