//! Many threads wait for one run, change their minds, and are woken from yet another thread.

mod common;

use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use adagio::dag;
use common::yield_once;

const THREADS: u64 = 8;
const TASKS: usize = 8;
const ROUNDS: u64 = 3000;

/// How long all rounds may take before they count as hanging; they take seconds.
const PATIENCE: Duration = Duration::from_secs(120);

struct Graph {
    starts: [AtomicUsize; TASKS],
    /// How often each task fails before it succeeds.
    failures: [usize; TASKS],
    /// How each task waits.
    waits: [u64; TASKS],
    alarms: Sender<Arc<Alarm>>,
}

#[derive(Debug)]
struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("failed")
    }
}

impl std::error::Error for Failed {}

#[dag]
impl Graph {
    async fn a(&self) -> Result<u64, Failed> {
        self.act(0, 1).await
    }

    async fn b(&self) -> Result<u64, Failed> {
        self.act(1, 2).await
    }

    #[depends(a)]
    async fn c(&self, a: &u64) -> Result<u64, Failed> {
        self.act(2, a + 10).await
    }

    #[depends(a, b)]
    async fn d(&self, a: &u64, b: &u64) -> Result<u64, Failed> {
        self.act(3, a + b).await
    }

    #[depends(b)]
    async fn e(&self, b: &u64) -> Result<u64, Failed> {
        self.act(4, b + 20).await
    }

    #[depends(c, d)]
    async fn f(&self, c: &u64, d: &u64) -> Result<u64, Failed> {
        self.act(5, c * d).await
    }

    #[depends(d, e)]
    async fn g(&self, d: &u64, e: &u64) -> Result<u64, Failed> {
        self.act(6, d * e).await
    }

    #[depends(f, g)]
    async fn h(&self, f: &u64, g: &u64) -> Result<u64, Failed> {
        self.act(7, f + g).await
    }
}

const VALUES: [u64; TASKS] = [1, 2, 11, 3, 22, 33, 66, 99];

impl Graph {
    async fn act(&self, task: usize, value: u64) -> Result<u64, Failed> {
        let earlier = self.starts[task].fetch_add(1, Ordering::Relaxed);
        match self.waits[task] {
            0 => {}
            1 => yield_once().await,
            alarms => {
                for _ in 1..alarms {
                    self.alarm().await;
                }
            }
        }
        if earlier < self.failures[task] { Err(Failed) } else { Ok(value) }
    }

    /// Waits until another thread wakes it.
    async fn alarm(&self) {
        let alarm = Arc::new(Alarm::default());
        std::future::poll_fn(|cx| {
            let is_first = alarm.waker.lock().unwrap().replace(cx.waker().clone()).is_none();
            if alarm.has_rung.load(Ordering::Acquire) {
                return Poll::Ready(());
            }
            if is_first {
                self.alarms.send(Arc::clone(&alarm)).unwrap();
            }
            Poll::Pending
        })
        .await;
    }
}

#[derive(Default)]
struct Alarm {
    has_rung: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Alarm {
    fn ring(&self) {
        self.has_rung.store(true, Ordering::Release);
        let waker = self.waker.lock().unwrap().clone();
        waker.unwrap().wake();
    }
}

/// Xorshift.
struct Random(u64);

impl Random {
    fn new(round: u64, thread: u64) -> Self {
        Self((round * 31 + thread + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) % end
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Polls a future so often, and then drops it.
fn wait<T>(future: impl Future<Output = T>, polls: usize) -> Option<T> {
    // A new waker each time: the thread may be unparked by an earlier one, which costs a poll and no more.
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    for poll in 0..polls {
        if poll > 0 {
            thread::park();
        }
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(value);
        }
    }
    None
}

/// Awaits a random task; when it fails, forgets that and awaits it again.
fn await_one(run: &GraphRun<'_>, random: &mut Random, polls: usize) {
    let task = random.below(TASKS as u64 + 1);
    loop {
        let result = match task {
            0 => wait(run.a(), polls),
            1 => wait(run.b(), polls),
            2 => wait(run.c(), polls),
            3 => wait(run.d(), polls),
            4 => wait(run.e(), polls),
            5 => wait(run.f(), polls),
            6 => wait(run.g(), polls),
            7 => wait(run.h(), polls),
            _ => wait(async { run.all().await.map(|outputs| outputs.h) }, polls),
        };
        match result {
            Some(Ok(&value)) => {
                let task = usize::try_from(task).unwrap().min(TASKS - 1);
                return assert_eq!(value, VALUES[task], "the value of task {task}");
            }
            Some(Err(_)) => run.retry_failed(),
            None => return,
        }
    }
}

fn round(round: u64, alarms: &Sender<Arc<Alarm>>, most_failures: u64) {
    let mut random = Random::new(round, THREADS);
    let graph = Graph {
        starts: Default::default(),
        failures: [(); TASKS].map(|()| usize::try_from(random.below(most_failures + 1)).unwrap()),
        waits: [(); TASKS].map(|()| random.below(4)),
        alarms: alarms.clone(),
    };
    let run = graph.run();
    let run =
        if random.below(2) == 0 { run } else { run.max_concurrency(1 + usize::try_from(random.below(3)).unwrap()) };
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let run = &run;
            scope.spawn(move || {
                let mut random = Random::new(round, thread);
                for _ in 0..random.below(4) {
                    let polls = usize::try_from(random.below(4)).unwrap();
                    await_one(run, &mut random, polls);
                }
                await_one(run, &mut random, usize::MAX);
            });
        }
    });
    while let Some(Err(_)) = wait(run.all(), usize::MAX) {
        run.retry_failed();
    }
    let starts = graph.starts.each_ref().map(|starts| starts.load(Ordering::Relaxed));
    assert_eq!(starts, graph.failures.map(|failures| failures + 1), "in round {round}");
}

/// Runs all rounds, and panics when they hang.
fn stress(most_failures: u64) {
    let (alarms, ringing) = channel::<Arc<Alarm>>();
    thread::spawn(move || ringing.iter().for_each(|alarm| alarm.ring()));
    let current = Arc::new(AtomicUsize::new(0));
    let (end, ended) = channel::<()>();
    let rounds = thread::spawn({
        let current = Arc::clone(&current);
        move || {
            let _end = end;
            for number in 0..ROUNDS {
                current.store(usize::try_from(number).unwrap(), Ordering::Relaxed);
                round(number, &alarms, most_failures);
            }
        }
    });
    match ended.recv_timeout(PATIENCE) {
        Err(RecvTimeoutError::Timeout) => panic!("round {} hangs", current.load(Ordering::Relaxed)),
        _ => rounds.join().unwrap_or_else(|payload| resume_unwind(payload)),
    }
}

#[test]
fn every_task_starts_once_and_every_waiter_gets_its_value() {
    stress(0);
}

#[test]
fn what_fails_is_repaired_by_whoever_waits() {
    stress(2);
}
