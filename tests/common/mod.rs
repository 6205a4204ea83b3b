//! Hand-made futures and wakers, and a log of events in order.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::BTreeMap;
use std::io::Write;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

/// Ends the process and names the current test, unless this guard is dropped within 20 minutes: then the test hangs.
#[must_use]
pub(crate) fn deadline() -> Sender<()> {
    let test = thread::current().name().unwrap_or("a test").to_owned();
    let (end, ended) = channel();
    thread::spawn(move || {
        if ended.recv_timeout(Duration::from_secs(1_200)) == Err(RecvTimeoutError::Timeout) {
            // Not printed by a macro: the harness would capture its text.
            _ = writeln!(std::io::stderr(), "test {test} hangs");
            std::process::abort();
        }
    });
    end
}

/// Returns a reference that is valid forever, for a graph that refers to itself. The value stays reachable, so a
/// sanitizer reports no leak.
pub(crate) fn forever<T>(value: T) -> &'static T {
    static KEPT: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    let value: &'static T = Box::leak(Box::new(value));
    lock(&KEPT).push(std::ptr::from_ref(value).expose_provenance());
    value
}

/// The stage on which tasks act: each waits at the gate with its name until the test opens it, and every event is
/// logged.
#[derive(Default)]
pub(crate) struct Stage {
    gates: Mutex<BTreeMap<&'static str, Gate>>,
    log: Mutex<Vec<String>>,
}

#[derive(Default)]
struct Gate {
    is_open: bool,
    polls: usize,
    waker: Option<Waker>,
}

impl Stage {
    /// Acts a task: logs its start, waits at its gate, and logs its end, or its drop if it does not end.
    pub(crate) async fn act(&self, task: &'static str) {
        let act = self.begin(task);
        self.gate(task).await;
        act.end();
    }

    /// Acts a task that does not wait.
    pub(crate) fn act_at_once(&self, task: &'static str) {
        self.begin(task).end();
    }

    /// Waits until the test opens a gate.
    pub(crate) fn gate(&self, name: &'static str) -> impl Future<Output = ()> + Send {
        std::future::poll_fn(move |cx| {
            let mut gates = lock(&self.gates);
            let gate = gates.entry(name).or_default();
            gate.polls += 1;
            gate.waker = Some(cx.waker().clone());
            if gate.is_open { Poll::Ready(()) } else { Poll::Pending }
        })
    }

    /// Opens a gate and wakes the task that waits there.
    pub(crate) fn open(&self, name: &'static str) {
        let waker = {
            let mut gates = lock(&self.gates);
            let gate = gates.entry(name).or_default();
            gate.is_open = true;
            gate.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Returns how often a gate was polled.
    pub(crate) fn polls(&self, name: &'static str) -> usize {
        lock(&self.gates).get(name).map_or(0, |gate| gate.polls)
    }

    pub(crate) fn log(&self, event: impl Into<String>) {
        lock(&self.log).push(event.into());
    }

    /// Returns the events since the last call.
    pub(crate) fn events(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.log))
    }

    fn begin(&self, task: &'static str) -> Act<'_> {
        self.log(format!("start {task}"));
        Act { stage: self, task, outcome: "drop" }
    }
}

/// A task under way.
struct Act<'s> {
    stage: &'s Stage,
    task: &'static str,
    outcome: &'static str,
}

impl Act<'_> {
    fn end(mut self) {
        self.outcome = "end";
    }
}

impl Drop for Act<'_> {
    fn drop(&mut self) {
        self.stage.log(format!("{} {}", self.outcome, self.task));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts how often it is woken.
#[derive(Default)]
pub(crate) struct CountingWaker(AtomicUsize);

impl CountingWaker {
    pub(crate) fn wakes(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for CountingWaker {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A future that the test polls.
pub(crate) struct Driven<'f, T> {
    future: Pin<Box<dyn Future<Output = T> + 'f>>,
    waker: Arc<CountingWaker>,
}

impl<'f, T> Driven<'f, T> {
    pub(crate) fn new(future: impl Future<Output = T> + 'f) -> Self {
        Self { future: Box::pin(future), waker: Arc::default() }
    }

    pub(crate) fn poll(&mut self) -> Poll<T> {
        let waker = Waker::from(Arc::clone(&self.waker));
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    /// Returns how often the future was woken through the present waker.
    pub(crate) fn wakes(&self) -> usize {
        self.waker.wakes()
    }

    /// Uses a new waker from now on. Returns the previous waker.
    pub(crate) fn change_waker(&mut self) -> Arc<CountingWaker> {
        std::mem::take(&mut self.waker)
    }

    /// Polls until nothing wakes the future any more; it must not end.
    pub(crate) fn settle(&mut self) {
        loop {
            let wakes = self.wakes();
            assert!(self.poll().is_pending(), "the future is done");
            if self.wakes() == wakes {
                return;
            }
        }
    }

    /// Polls until the future is done, as often as it is woken; a missing wake is a bug.
    pub(crate) fn run(&mut self) -> T {
        loop {
            let wakes = self.wakes();
            if let Poll::Ready(value) = self.poll() {
                return value;
            }
            assert_ne!(self.wakes(), wakes, "nothing woke the future");
        }
    }
}

/// Returns the output of a future that is ready at its first poll.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the future waits"),
    }
}

/// Wakes itself and is done when polled again.
pub(crate) async fn yield_once() {
    let mut has_yielded = false;
    std::future::poll_fn(move |cx| {
        if std::mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
