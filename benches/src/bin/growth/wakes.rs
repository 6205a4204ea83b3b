//! Measures fan-outs whose leaves all wait: the cost of a wake of one leaf, and the number of bodies polled for it.

use std::pin::{Pin, pin};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use adagio_benches::body::Body as _;
use futures::future::join_all;

use crate::graphs;
use crate::sizes::median;
use crate::step::Step;

/// The leaves of a fan-out, each of which waits until it is called.
pub(crate) struct Leaves {
    waiting: Vec<Mutex<Option<Waker>>>,
    polls: AtomicUsize,
}

/// A leaf that waits: done when it is polled after its waker was taken.
struct Call<'l> {
    leaves: &'l Leaves,
    leaf: usize,
    was_polled: bool,
}

impl Future for Call<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.leaves.polls.fetch_add(1, Ordering::Relaxed);
        let mut waiting = self.leaves.waiting[self.leaf].lock().expect("nobody panics");
        if self.was_polled && waiting.is_none() {
            return Poll::Ready(());
        }
        if waiting.as_ref().is_none_or(|waker| !waker.will_wake(cx.waker())) {
            *waiting = Some(cx.waker().clone());
        }
        drop(waiting);
        self.was_polled = true;
        Poll::Pending
    }
}

impl Leaves {
    fn new(width: usize) -> Self {
        Self { waiting: (0..width).map(|_| Mutex::new(None)).collect(), polls: AtomicUsize::new(0) }
    }

    /// Waits, unless it is the first task or the last.
    pub(crate) async fn wait(&self, task: usize) {
        if (1..=self.waiting.len()).contains(&task) {
            Call { leaves: self, leaf: task - 1, was_polled: false }.await;
        }
    }
}

/// The cost of one wake: nanoseconds, and polls of bodies.
struct Wake {
    time: f64,
    polls: f64,
}

pub(crate) fn print(passes: usize) {
    println!("\n| leaves | a wake | polls | by hand, `join_all` | polls |\n|---|---|---|---|---|");
    macro_rules! row {
        ($module:ident $width:literal) => {{
            let leaves: &Leaves = Box::leak(Box::new(Leaves::new($width)));
            let graph = graphs::$module::fan_out::Graph(Step::Called(leaves));
            let ours = || call_each(pin!(graphs::$module::fan_out::terminal(&graph)), leaves);
            let by_hand = || call_each(pin!(by_hand(leaves)), leaves);
            let (ours, by_hand): (Vec<_>, Vec<_>) = (0..passes).map(|_| (ours(), by_hand())).unzip();
            let (ours, by_hand) = (summary(&ours), summary(&by_hand));
            println!(
                "| {} | {:.0} ns | {:.1} | {:.0} ns | {:.1} |",
                $width, ours.time, ours.polls, by_hand.time, by_hand.polls
            );
        }};
    }
    row!(ten 10);
    row!(thirty 30);
    row!(hundred 100);
    #[cfg(feature = "growth")]
    {
        row!(three_hundred 300);
        row!(thousand 1000);
    }
}

async fn by_hand(leaves: &'static Leaves) -> u64 {
    let body = Step::Called(leaves);
    let first = body.run(0, 0).await;
    join_all((1..=leaves.waiting.len()).map(|task| body.run(task, first))).await.into_iter().sum::<u64>() + 1
}

fn summary(wakes: &[Wake]) -> Wake {
    let of = |figure: fn(&Wake) -> f64| median(wakes.iter().map(figure).collect());
    Wake { time: of(|wake| wake.time), polls: of(|wake| wake.polls) }
}

/// Lets all leaves wait, calls one after another, and returns the time of a call up to the end of the poll that it caused.
fn call_each(mut run: Pin<&mut impl Future<Output = u64>>, leaves: &Leaves) -> Wake {
    let mut cx = Context::from_waker(Waker::noop());
    let mut result = run.as_mut().poll(&mut cx);
    let polls = leaves.polls.load(Ordering::Relaxed);
    let width = leaves.waiting.len();
    let start = Instant::now();
    for leaf in 0..width {
        assert!(result.is_pending());
        // Neither first to last nor last to first: the widths are no multiples of seven.
        let waker = leaves.waiting[leaf * 7 % width].lock().expect("nobody panics").take();
        waker.expect("each leaf waits").wake();
        result = run.as_mut().poll(&mut cx);
    }
    let time = start.elapsed().as_secs_f64() * 1e9 / width as f64;
    assert!(result.is_ready());
    Wake { time, polls: (leaves.polls.load(Ordering::Relaxed) - polls) as f64 / width as f64 }
}
