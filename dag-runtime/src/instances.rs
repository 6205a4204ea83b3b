//! Instances of the schedulers for graphs of up to 128 tasks. In a debug build, a user's crate links the instances that
//! its dependencies have instead of generating its own.

use std::future::ready;
use std::pin::pin;
use std::task::Context;

use crate::error::ErrorSource;
use crate::graph::Graph;
use crate::run::Seed;
use crate::schedule::{Schedule, Scheduler};

/// Calls what drivers call. Nobody calls this function; it is public so that the compiler generates it.
pub fn instances(seeds: (Seed<1>, Seed<2>), source: fn() -> ErrorSource, graph: &'static Graph, cx: &mut Context<'_>) {
    drive(Scheduler::<1>::new(graph, [0], [0]), source, cx);
    drive(Scheduler::<2>::new(graph, [0; 2], [0; 2]), source, cx);
    drive(seeds.0.into_scheduler(), source, cx);
    drive(seeds.1.into_scheduler(), source, cx);
}

fn drive(mut scheduler: impl Schedule, source: fn() -> ErrorSource, cx: &mut Context<'_>) {
    scheduler.begin_pass(cx);
    scheduler.next_group(cx);
    scheduler.is_due(0, 0, 0);
    let _ = scheduler.poll(0, pin!(None), cx, || ready(()));
    scheduler.finish(0, 0);
    scheduler.finish_for(0, 0, 0);
    scheduler.fail(0, source());
    let _ = scheduler.end_pass();
}
