//! Prints the cost of several waiters of one run, beside futures that are shared by hand: medians of interleaved passes.
//! Each of ten bodies waits for an event of its own; one event comes at a time. With the number of a row and a number of
//! runs, makes only these runs, so that instructions can be counted.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use adagio::dag;
use futures::FutureExt;
use futures::future::join_all;
use tokio::runtime::Runtime;
use tokio::sync::oneshot::{self, Receiver, Sender};
use tokio::task::yield_now;

const WAITERS: usize = 10;
const PASSES: usize = 301;
const RUNS: u32 = 100;

/// The events of a run, and what waits for them.
type Events = ([Option<Sender<u64>>; WAITERS], [Mutex<Option<Receiver<u64>>>; WAITERS]);

fn events() -> Events {
    let mut receivers = [const { Mutex::new(None) }; WAITERS];
    let senders = receivers.each_mut().map(|receiver| {
        let (sender, event) = oneshot::channel();
        *receiver.get_mut().expect("no lock is poisoned") = Some(event);
        Some(sender)
    });
    (senders, receivers)
}

/// Each task waits for its event.
struct Ten([Mutex<Option<Receiver<u64>>>; WAITERS]);

impl Ten {
    fn event(&self, number: usize) -> impl Future<Output = u64> + use<> {
        let event = self.0[number].lock().expect("no lock is poisoned").take();
        async { event.expect("each body runs once").await.expect("every event comes") }
    }
}

macro_rules! ten {
    ($($task:ident $number:literal)*) => {
        #[dag]
        impl Ten {
            $(async fn $task(&self) -> u64 {
                self.event($number).await
            })*
        }
    };
}

ten! { t0 0 t1 1 t2 2 t3 3 t4 4 t5 5 t6 6 t7 7 t8 8 t9 9 }

/// One task that returns at once, or yields once.
struct One {
    yields: bool,
}

#[dag]
impl One {
    async fn task(&self) -> u64 {
        if self.yields {
            yield_now().await;
        }
        1
    }
}

/// Sends the events, and lets all others run after each of them.
async fn send(senders: [Option<Sender<u64>>; WAITERS]) {
    for sender in senders {
        yield_now().await;
        sender.expect("a sender").send(1).expect("somebody waits");
    }
}

async fn tasks_of_a_run() -> u64 {
    let (senders, receivers) = events();
    let run = Arc::new(Arc::new(Ten(receivers)).run_owned());
    macro_rules! spawn {
        ($($task:ident)*) => {
            [$({
                let run = Arc::clone(&run);
                tokio::spawn(async move { *run.$task().await })
            }),*]
        };
    }
    let waiters = spawn!(t0 t1 t2 t3 t4 t5 t6 t7 t8 t9);
    send(senders).await;
    sum(waiters).await
}

async fn tasks_by_hand() -> u64 {
    let (senders, receivers) = events();
    let ten = Arc::new(Ten(receivers));
    let waiters: [_; WAITERS] = std::array::from_fn(|number| {
        let ten = Arc::clone(&ten);
        let shared = async move { ten.event(number).await }.boxed().shared();
        tokio::spawn(shared)
    });
    send(senders).await;
    sum(waiters).await
}

async fn sum(waiters: [tokio::task::JoinHandle<u64>; WAITERS]) -> u64 {
    let mut sum = 0;
    for waiter in waiters {
        sum += waiter.await.expect("no waiter panics");
    }
    sum
}

async fn join_of_a_run() -> u64 {
    let (senders, receivers) = events();
    let sending = tokio::spawn(send(senders));
    let ten = Ten(receivers);
    let run = ten.run();
    let waiters = [run.t0(), run.t1(), run.t2(), run.t3(), run.t4(), run.t5(), run.t6(), run.t7(), run.t8(), run.t9()];
    let sum = join_all(waiters).await.into_iter().sum();
    sending.await.expect("all are sent");
    sum
}

async fn join_by_hand() -> u64 {
    let (senders, receivers) = events();
    let sending = tokio::spawn(send(senders));
    let ten = Ten(receivers);
    let sum = join_all((0..WAITERS).map(|number| ten.event(number).boxed().shared())).await.iter().sum();
    sending.await.expect("all are sent");
    sum
}

/// Polls with a waker that nothing counts until the future is ready.
fn drive<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

fn one_by_hand(yields: bool) -> u64 {
    let mut body = async move {
        if yields {
            yield_now().await;
        }
        1
    }
    .boxed()
    .shared();
    drive(poll_fn(|cx| body.poll_unpin(cx)))
}

fn nanoseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

/// A name, the number of waiters, and a run; it returns that number.
type Way = (&'static str, u64, fn(&Runtime) -> u64);

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let ways: [Way; 8] = [
        ("one task, at once: `Shared`", 1, |_| one_by_hand(false)),
        ("one task, at once: a run", 1, |_| drive(async { *One { yields: false }.run().task().await })),
        ("one task, a yield: `Shared`", 1, |_| one_by_hand(true)),
        ("one task, a yield: a run", 1, |_| drive(async { *One { yields: true }.run().task().await })),
        ("ten spawned waiters: `Shared`", 10, |runtime| runtime.block_on(tasks_by_hand())),
        ("ten spawned waiters: a run", 10, |runtime| runtime.block_on(tasks_of_a_run())),
        ("ten waiters in a join: `Shared`", 10, |runtime| runtime.block_on(join_by_hand())),
        ("ten waiters in a join: a run", 10, |runtime| runtime.block_on(join_of_a_run())),
    ];
    let arguments: Vec<usize> = std::env::args().skip(1).map(|it| it.parse().expect("a number")).collect();
    if let [row, runs] = arguments[..] {
        for _ in 0..runs {
            std::hint::black_box(ways[row].2(&runtime));
        }
        return;
    }
    let mut times = vec![Vec::new(); ways.len()];
    for _ in 0..PASSES {
        for ((_, _, run), times) in ways.iter().zip(&mut times) {
            let start = Instant::now();
            for _ in 0..RUNS {
                std::hint::black_box(run(&runtime));
            }
            times.push(nanoseconds(start.elapsed()) / f64::from(RUNS));
        }
    }
    println!("{:36}{:>12}  allocations", "", "ns a waiter");
    for ((name, waiters, run), mut times) in ways.into_iter().zip(times) {
        times.sort_by(f64::total_cmp);
        let allocated = allocation_counter::measure(|| assert_eq!(run(&runtime), waiters)).count_total;
        println!(
            "{name:36}{:12.0}  {allocated:11}",
            times[PASSES / 2] / f64::from(u32::try_from(waiters).unwrap_or(1))
        );
    }
}
