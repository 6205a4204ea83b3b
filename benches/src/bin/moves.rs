//! Prints what it takes to pass a `Vec<u8>` of 64 MB by value through a source and ten steps: time and peak memory of a
//! call, of a run, and of the code by hand.
#![allow(clippy::unused_async, reason = "the bodies are done at once")]

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use adagio::dag;

const BYTES: usize = 64_000_000;
const PASSES: usize = 9;

/// Changes a byte of each page, as a step that works on the whole value.
fn work(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.iter_mut().step_by(4096).for_each(|byte| *byte = byte.wrapping_add(1));
    bytes
}

struct Pipeline;

macro_rules! pipeline {
    ($($before:ident $step:ident),*) => {
        #[dag]
        impl Pipeline {
            async fn source(&self) -> Vec<u8> {
                vec![1; BYTES]
            }

            $(
                #[depends($before)]
                async fn $step(&self, $before: Vec<u8>) -> Vec<u8> {
                    work($before)
                }
            )*
        }
    };
}

pipeline!(source a, a b, b c, c d, d e, e f, f g, g h, h i, i j);

async fn source() -> Vec<u8> {
    vec![1; BYTES]
}

async fn step(bytes: Vec<u8>) -> Vec<u8> {
    work(bytes)
}

async fn by_hand() -> Vec<u8> {
    let mut bytes = source().await;
    for _ in 0..10 {
        bytes = step(bytes).await;
    }
    bytes
}

/// Polls once: no body waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("no body waits"),
    }
}

/// A name, and a function that returns the length of what comes out.
type Way = (&'static str, fn() -> usize);

fn main() {
    let ways: [Way; 3] = [
        ("by hand", || black_box(now(by_hand())).len()),
        ("a call", || black_box(now(Pipeline.j())).len()),
        ("a run", || black_box(now(async { Pipeline.run().j().await.len() }))),
    ];
    let mut passes = [const { Vec::new() }; 3];
    for _ in 0..PASSES {
        for ((_, way), passes) in ways.iter().zip(&mut passes) {
            let start = Instant::now();
            assert_eq!(way(), BYTES);
            passes.push(start.elapsed());
        }
    }
    println!("| a source and ten steps of 64 MB | time | peak | allocations |\n|---|---|---|---|");
    for ((name, way), mut passes) in ways.into_iter().zip(passes) {
        passes.sort_unstable();
        let allocated = allocation_counter::measure(|| _ = way());
        let (time, peak) = (passes[PASSES / 2].as_millis(), allocated.bytes_max / 1_000_000);
        println!("| {name} | {time} ms | {peak} MB | {} |", allocated.count_total);
    }
}
