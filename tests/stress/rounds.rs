//! Threads that wait for a run, drop their futures at random, and are woken from another thread.

use std::fmt;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use crate::common::yield_once;

pub(crate) const TASKS: usize = 8;

/// How long a round may take before it counts as hanging; it takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(120);

/// The behaviour of tasks: each counts its starts, waits in its own way, and fails a number of times before it
/// succeeds.
pub(crate) struct World {
    pub(crate) starts: [AtomicUsize; TASKS],
    failures: [usize; TASKS],
    waits: [u64; TASKS],
    alarms: Alarms,
}

/// Rings the alarms that are sent, on a separate thread.
pub(crate) type Alarms = Sender<Arc<Alarm>>;

#[derive(Debug)]
pub(crate) struct Failed;

impl fmt::Display for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("failed")
    }
}

impl std::error::Error for Failed {}

impl World {
    pub(crate) fn new(random: &mut Random, alarms: &Alarms, most_failures: u64) -> Self {
        Self {
            starts: Default::default(),
            failures: [(); TASKS].map(|()| usize::try_from(random.below(most_failures + 1)).unwrap()),
            waits: [(); TASKS].map(|()| random.below(4)),
            alarms: alarms.clone(),
        }
    }

    pub(crate) async fn act(&self, task: usize, value: u64) -> Result<u64, Failed> {
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

    /// Asserts that each task has started once for each of its failures, and once more.
    pub(crate) fn assert_starts(&self, round: u64) {
        let starts = self.starts.each_ref().map(|starts| starts.load(Ordering::Relaxed));
        assert_eq!(starts, self.failures.map(|failures| failures + 1), "in round {round}");
    }
}

#[derive(Default)]
pub(crate) struct Alarm {
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
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(round: u64, thread: u64) -> Self {
        Self((round * 31 + thread + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
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

/// Polls a future `polls` times, and then drops it.
pub(crate) fn wait<T>(future: impl Future<Output = T>, polls: u64) -> Option<T> {
    // A new waker each time: the thread may be unparked by an earlier one, which only costs a poll.
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

/// Starts threads that each call a function a few times with a random number of polls, and then until it succeeds.
pub(crate) fn on_threads(threads: u64, round: u64, await_one: impl Fn(&mut Random, u64) + Sync) {
    thread::scope(|scope| {
        for thread in 0..threads {
            let await_one = &await_one;
            scope.spawn(move || {
                let mut random = Random::new(round, thread);
                for _ in 0..random.below(4) {
                    let polls = random.below(4);
                    await_one(&mut random, polls);
                }
                await_one(&mut random, u64::MAX);
            });
        }
    });
}

/// Runs all rounds, and panics when one hangs.
pub(crate) fn stress(rounds: u64, round: impl Fn(u64, &Alarms) + Send + 'static) {
    let (alarms, ringing) = channel::<Arc<Alarm>>();
    thread::spawn(move || ringing.iter().for_each(|alarm| alarm.ring()));
    let current = Arc::new(AtomicU64::new(0));
    let (end, ended) = channel::<()>();
    let thread = thread::spawn({
        let current = Arc::clone(&current);
        move || {
            let _end = end;
            for number in 0..rounds {
                current.store(number, Ordering::Relaxed);
                round(number, &alarms);
            }
        }
    });
    let mut seen = None;
    while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(PATIENCE) {
        let number = current.load(Ordering::Relaxed);
        assert_ne!(seen.replace(number), Some(number), "round {number} hangs");
    }
    thread.join().unwrap_or_else(|payload| resume_unwind(payload));
}
