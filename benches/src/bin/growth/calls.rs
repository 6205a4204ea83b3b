//! In: very many calls of one terminal, all pending at once on one thread. Out: time and memory of a call, beside the code
//! by hand.

use std::hint::black_box;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use adagio_benches::body::OneYield;
use adagio_benches::graphs::request;

/// The cost of a call: nanoseconds until it is pending, nanoseconds from there to its end, and bytes on the heap.
struct Call {
    start: f64,
    rest: f64,
    heap_bytes: u64,
    future_bytes: usize,
}

pub(crate) fn print(calls: usize) {
    let (by_hand, ours) = (&request::ByHand(OneYield), &request::Graph(OneYield));
    println!(
        "\n| {calls} calls at once, {} | until pending | to the end | on the heap | future |",
        request::SHAPE.name
    );
    println!("|---|---|---|---|---|");
    let rows = [
        ("by hand", pending(calls, || request::by_hand(black_box(by_hand)))),
        ("adagio", pending(calls, || request::terminal(black_box(ours)))),
        ("by hand, again", pending(calls, || request::by_hand(black_box(by_hand)))),
        ("adagio, again", pending(calls, || request::terminal(black_box(ours)))),
    ];
    for (name, Call { start, rest, heap_bytes, future_bytes }) in rows {
        println!("| {name} | {start:.0} ns | {rest:.0} ns | {heap_bytes} B | {future_bytes} B |");
    }
}

/// Makes the calls, polls each once, and then all of them in turn until they are done.
fn pending<F: Future<Output = u64>>(calls: usize, call: impl Fn() -> F) -> Call {
    let mut cx = Context::from_waker(Waker::noop());
    let (mut start, mut rest) = (0.0, 0.0);
    let allocated = allocation_counter::measure(|| {
        let began = Instant::now();
        let mut futures: Vec<_> = (0..calls)
            .map(|_| {
                let mut future = Box::pin(call());
                assert!(future.as_mut().poll(&mut cx).is_pending());
                future
            })
            .collect();
        start = began.elapsed().as_secs_f64();
        let began = Instant::now();
        while !futures.is_empty() {
            futures.retain_mut(|future| matches!(future.as_mut().poll(&mut cx), Poll::Pending));
        }
        rest = began.elapsed().as_secs_f64();
    });
    let a_call = |seconds: f64| seconds * 1e9 / calls as f64;
    Call {
        start: a_call(start),
        rest: a_call(rest),
        heap_bytes: allocated.bytes_max / calls as u64,
        future_bytes: size_of_val(&call()),
    }
}
