//! Counts the instructions of one run of each core graph, against the ceilings in `ceilings`: `benches/instructions`
//! runs it with all that it needs.
// gungraun's macros make public items.
#![allow(missing_docs)]

use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use adagio_benches::body::{AtOnce, OneYield};
use adagio_benches::counted as graphs;
use gungraun::{Callgrind, EventKind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main};

const CEILINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/ceilings");

/// Fails the count of a name that has a ceiling above it. Where there is no ceiling at all, new ones are being taken.
fn below_ceiling(name: &str) -> LibraryBenchmarkConfig {
    let mut config = LibraryBenchmarkConfig::default();
    // Copies by vectors: glibc may copy more than a page byte by byte, which depends on the addresses and counts as many
    // instructions.
    config.env("GLIBC_TUNABLES", "glibc.cpu.x86_rep_movsb_threshold=0x10000000");
    let ceilings = std::fs::read_to_string(CEILINGS).expect("the file is part of the project");
    if !ceilings.is_empty() {
        let ceiling = ceilings.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse::<u64>().ok());
        let ceiling = ceiling.expect("each count has a ceiling");
        config.tool(Callgrind::default().hard_limits([(EventKind::Ir, ceiling)]));
    }
    config
}

/// Polls until it is done. Nothing waits but for its next turn.
fn finish(mut future: Pin<&mut impl Future<Output = u64>>) -> u64 {
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut cx) {
            return result;
        }
    }
}

macro_rules! count {
    ($($name:ident = $way:ident $graph:ident $body:ident;)*) => {
        $(
            #[library_benchmark]
            #[bench::once(args = (graphs::$graph::Graph($body)), config = below_ceiling(stringify!($name)))]
            fn $name(graph: graphs::$graph::Graph<$body>) -> u64 {
                finish(pin!(graphs::$graph::$way(black_box(&graph))))
            }
        )*
        library_benchmark_group!(name = core_graphs, benchmarks = [$($name),*]);
    };
}

count! {
    diamond_at_once = terminal diamond AtOnce;
    request_at_once = terminal request AtOnce;
    chain_at_once = terminal chain AtOnce;
    fan_out_at_once = terminal fan_out AtOnce;
    layers_at_once = terminal layers AtOnce;
    diamond_one_yield = terminal diamond OneYield;
    request_one_yield = terminal request OneYield;
    chain_one_yield = terminal chain OneYield;
    fan_out_one_yield = terminal fan_out OneYield;
    layers_one_yield = terminal layers OneYield;
    run_of_diamond_at_once = run diamond AtOnce;
    run_of_request_at_once = run request AtOnce;
    run_of_chain_at_once = run chain AtOnce;
    run_of_fan_out_at_once = run fan_out AtOnce;
    run_of_layers_at_once = run layers AtOnce;
    run_of_diamond_one_yield = run diamond OneYield;
    run_of_request_one_yield = run request OneYield;
    run_of_chain_one_yield = run chain OneYield;
    run_of_fan_out_one_yield = run fan_out OneYield;
    run_of_layers_one_yield = run layers OneYield;
}

main!(library_benchmark_groups = core_graphs);
