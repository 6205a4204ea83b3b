//! Closers that fail and panic, and what observers are told of the end of a run.

use std::future::ready;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use adagio::{CloseError, Observer, Outcome, TaskError, TaskEvent, Timeline, dag};

use crate::common::now;

fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

struct Broken<'l> {
    log: &'l Mutex<Vec<&'static str>>,
}

#[dag]
impl<'l> Broken<'l> {
    #[task(close = |log| async move { log.lock().unwrap().push("first"); })]
    fn first(&self) -> &'l Mutex<Vec<&'static str>> {
        self.log
    }

    #[depends(first)]
    #[task(close = |_| ready(Err::<(), _>("refused")))]
    fn fails(&self) -> u64 {
        1
    }

    #[depends(first)]
    #[task(close = |number| async move { if number == 2 { panic_any("no") } })]
    fn panics(&self) -> u64 {
        2
    }

    // Panics before it returns a future.
    #[depends(first)]
    #[task(close = |_| -> std::future::Ready<()> { panic_any("at once") })]
    fn panics_at_once(&self) -> u64 {
        3
    }

    #[depends(fails, panics, panics_at_once)]
    #[task(close = |number| ready(if number == 4 { Ok(()) } else { Err(std::fmt::Error) }))]
    fn last(&self) -> u64 {
        4
    }
}

#[test]
fn every_closer_runs_whatever_the_others_do() {
    let log = Mutex::default();
    let broken = Broken { log: &log };
    let run = broken.run();
    now(run.last());
    let error: CloseError = now(run.close()).unwrap_err();
    let failures: Vec<_> = error.failures().iter().map(|failure| (failure.task(), failure.is_panic())).collect();
    assert_eq!(failures, [("panics_at_once", true), ("panics", true), ("fails", false)]);
    assert_eq!(error.to_string(), "could not close `panics_at_once`, `panics`, `fails`");
    assert_eq!(error.failures()[1].to_string(), "task `panics` panicked: no");
    assert_eq!(std::error::Error::source(&error.failures()[2]).unwrap().to_string(), "refused");
    assert_eq!(*log.lock().unwrap(), ["first"]);
}

#[test]
fn the_parts_of_a_run_that_panicked_are_closed() {
    struct Panics(Mutex<Vec<&'static str>>);

    #[dag]
    impl Panics {
        #[task(close = |log: &Mutex<Vec<&'static str>>| { log.lock().unwrap().push("closed"); ready(()) })]
        fn log(&self) -> &Mutex<Vec<&'static str>> {
            &self.0
        }

        #[depends(log)]
        fn panics(&self) {
            panic_any(7_u64);
        }
    }

    let panics = Panics(Mutex::default());
    let run = panics.run();
    assert!(catch_unwind(AssertUnwindSafe(|| now(run.panics()))).is_err());
    assert!(now(run.close()).is_ok());
    assert_eq!(*panics.0.lock().unwrap(), ["closed"]);
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic_any(8_u64);
        }
    }
}

#[test]
fn the_panic_of_a_dropped_task_continues_after_the_parts_are_closed() {
    struct Bombs(Mutex<Vec<&'static str>>);

    #[dag]
    impl Bombs {
        #[task(close = |log: &Mutex<Vec<&'static str>>| { log.lock().unwrap().push("closed"); ready(()) })]
        fn log(&self) -> &Mutex<Vec<&'static str>> {
            &self.0
        }

        #[depends(log)]
        async fn waits(&self) {
            let _bomb = Bomb;
            std::future::pending::<()>().await;
        }
    }

    let bombs = Bombs(Mutex::default());
    let run = bombs.run();
    assert!(poll(pin!(run.waits())).is_pending());
    let payload = catch_unwind(AssertUnwindSafe(|| now(run.close()))).unwrap_err();
    assert_eq!(*payload.downcast::<u64>().unwrap(), 8);
    assert_eq!(*bombs.0.lock().unwrap(), ["closed"]);
}

#[test]
fn a_part_whose_drop_panics_is_told_and_the_others_are_closed() {
    struct Bombs;

    #[dag]
    impl Bombs {
        #[task(close = |_| ready(Err::<(), _>("closed")))]
        fn pool(&self) -> u64 {
            1
        }

        #[depends(pool)]
        fn bomb(&self) -> Bomb {
            Bomb
        }
    }

    let run = Bombs.run();
    now(run.bomb());
    let error = now(run.close()).unwrap_err();
    assert_eq!(error.failures().iter().map(TaskError::task).collect::<Vec<_>>(), ["bomb", "pool"]);
}

/// Logs the events of the end.
#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Observer for Log {
    fn closing(&self, task: &TaskEvent<'_>) {
        self.0.lock().unwrap().push(format!("closing {} {}", task.name(), task.attempt()));
    }

    fn closed(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        let outcome = format!("{outcome:?}");
        let outcome = outcome.split(['(', ' ']).next().unwrap_or_default();
        self.0.lock().unwrap().push(format!("{outcome} {}", task.name()));
    }
}

#[test]
fn observers_are_told_of_the_end() {
    let (log, told) = (Mutex::default(), Arc::new(Log::default()));
    let broken = Broken { log: &log };
    let run = broken.run().observe(Arc::clone(&told));
    now(run.last());
    now(run.close()).unwrap_err();
    let expected = [
        "closing last 1",
        "Done last",
        "closing panics_at_once 1",
        "closing panics 1",
        "closing fails 1",
        "Panicked panics_at_once",
        "Panicked panics",
        "Failed fails",
        "closing first 1",
        "Done first",
    ];
    assert_eq!(*told.0.lock().unwrap(), expected);
}

struct Waits;

#[dag]
impl Waits {
    #[task(close = |_| std::future::pending::<()>())]
    fn server(&self) -> u64 {
        1
    }
}

#[test]
fn observers_are_told_of_a_close_that_is_dropped() {
    let told = Arc::new(Log::default());
    let run = Waits.run().observe(Arc::clone(&told));
    now(run.server());
    assert!(poll(pin!(run.close())).is_pending());
    assert_eq!(*told.0.lock().unwrap(), ["closing server 1", "Cancelled server"]);
}

#[test]
fn a_timeline_shows_each_end_after_those_before_it() {
    let (log, timeline) = (Mutex::default(), Timeline::new());
    let broken = Broken { log: &log };
    let run = broken.run().observe(timeline.clone());
    now(run.last());
    now(run.close()).unwrap_err();
    let tasks = timeline.tasks();
    let name = |id: &u64| tasks.iter().find(|task| task.id() == *id).unwrap().name().to_owned();
    let ends = tasks.iter().filter(|task| task.name().starts_with("close"));
    let ends: Vec<(&str, Vec<String>)> =
        ends.map(|end| (end.name(), end.inputs().iter().map(name).collect())).collect();
    let expected: [(&str, &[&str]); 5] = [
        ("close last", &["last"]),
        ("close panics_at_once", &["close last"]),
        ("close panics", &["close last"]),
        ("close fails", &["close last"]),
        ("close first", &["close fails", "close panics", "close panics_at_once"]),
    ];
    assert_eq!(ends, expected.map(|(end, before)| (end, before.iter().map(ToString::to_string).collect())));
}
