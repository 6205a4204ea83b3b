//! Two threads wait for runs with graphs inside, change their minds, and are woken from a third.

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

const THREADS: u64 = 2;
const TASKS: usize = 8;
const ROUNDS: u64 = 20_000;

/// How long all rounds may take before they count as hanging; they take seconds.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the tasks of all levels do.
struct World {
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

impl World {
    async fn act(&self, task: usize, value: u64) -> Result<u64, Failed> {
        let earlier = self.starts[task].fetch_add(1, Ordering::Relaxed);
        match self.waits[task] {
            0 => {}
            1 => yield_once().await,
            _ => self.alarm().await,
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

struct Bottom(Arc<World>);

#[dag]
impl Bottom {
    async fn a(&self) -> Result<u64, Failed> {
        self.0.act(0, 1).await
    }

    #[depends(a)]
    async fn b(&self, a: &u64) -> Result<u64, Failed> {
        self.0.act(1, a + 1).await
    }

    async fn c(&self) -> Result<u64, Failed> {
        self.0.act(2, 3).await
    }
}

struct Middle(Arc<World>);

#[dag]
impl Middle {
    async fn d(&self) -> Result<u64, Failed> {
        self.0.act(3, 4).await
    }

    #[task(graph)]
    async fn bottom(&self) -> Bottom {
        yield_once().await;
        Bottom(Arc::clone(&self.0))
    }

    #[depends(bottom.b, d)]
    async fn e(&self, b: &u64, d: &u64) -> Result<u64, Failed> {
        self.0.act(4, b + d).await
    }

    #[depends(bottom.c)]
    async fn f(&self, c: &u64) -> Result<u64, Failed> {
        self.0.act(5, c + 1).await
    }
}

struct Top(Arc<World>);

#[dag]
impl Top {
    #[task(graph)]
    fn middle(&self) -> Middle {
        Middle(Arc::clone(&self.0))
    }

    #[depends(middle.e, middle.d)]
    async fn g(&self, e: &u64, d: &u64) -> Result<u64, Failed> {
        self.0.act(6, e * d).await
    }

    #[depends(middle.f)]
    async fn h(&self, f: &u64) -> Result<u64, Failed> {
        self.0.act(7, f + 1).await
    }

    #[depends(g, h)]
    fn goal(&self, g: u64, h: u64) -> u64 {
        g + h
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
fn wait<T>(future: impl Future<Output = T>, polls: u64) -> Option<T> {
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
fn await_one(run: &TopRun<'_>, random: &mut Random, polls: u64) {
    let task = random.below(3);
    loop {
        let (result, value) = match task {
            0 => (wait(run.g(), polls), 24),
            1 => (wait(run.h(), polls), 5),
            _ => (wait(run.goal(), polls), 29),
        };
        match result {
            Some(Ok(&found)) => return assert_eq!(found, value, "the value of task {task}"),
            Some(Err(_)) => run.retry_failed(),
            None => return,
        }
    }
}

fn round(round: u64, alarms: &Sender<Arc<Alarm>>) {
    let mut random = Random::new(round, THREADS);
    let world = World {
        starts: Default::default(),
        failures: [(); TASKS].map(|()| usize::from(random.below(4) == 0)),
        waits: [(); TASKS].map(|()| random.below(3)),
        alarms: alarms.clone(),
    };
    let top = Top(Arc::new(world));
    let run = top.run();
    let limit = random.below(6);
    let run = if limit > 2 { run } else { run.max_concurrency(1 + usize::try_from(limit).unwrap()) };
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let run = &run;
            scope.spawn(move || {
                let mut random = Random::new(round, thread);
                for _ in 0..random.below(4) {
                    let polls = random.below(4);
                    await_one(run, &mut random, polls);
                }
                await_one(run, &mut random, u64::MAX);
            });
        }
    });
    while let Some(Err(_)) = wait(run.all(), u64::MAX) {
        run.retry_failed();
    }
    let starts = top.0.starts.each_ref().map(|starts| starts.load(Ordering::Relaxed));
    assert_eq!(starts, top.0.failures.map(|failures| failures + 1), "in round {round}");
}

#[test]
fn every_task_of_every_level_starts_once_and_every_waiter_gets_its_value() {
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
                round(number, &alarms);
            }
        }
    });
    match ended.recv_timeout(PATIENCE) {
        Err(RecvTimeoutError::Timeout) => panic!("round {} hangs", current.load(Ordering::Relaxed)),
        _ => rounds.join().unwrap_or_else(|payload| resume_unwind(payload)),
    }
}
