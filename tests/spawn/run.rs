//! Spawned and blocking tasks in a run: failures, further attempts, and the events for observers.

use std::error::Error as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use adagio::{Observer, Outcome, TaskEvent, dag};
use tokio::runtime::{Builder, Runtime};

use crate::common::{Stage, deadline};

fn one_thread() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[derive(Default)]
struct Graph {
    stage: Stage,
    works: AtomicBool,
    starts: AtomicUsize,
}

#[dag(spawn)]
impl Graph {
    async fn independent(&self) -> u64 {
        self.stage.act("independent").await;
        1
    }

    async fn fails(&self) -> Result<u64, String> {
        self.starts.fetch_add(1, Ordering::SeqCst);
        self.stage.act("fails").await;
        if self.works.load(Ordering::SeqCst) { Ok(2) } else { Err("no".to_owned()) }
    }

    #[depends(fails)]
    async fn after(&self, fails: &u64) -> u64 {
        self.stage.act_at_once("after");
        *fails
    }

    #[depends(independent)]
    async fn follows(&self, independent: &u64) -> u64 {
        self.stage.act_at_once("follows");
        *independent
    }

    #[depends(follows, after)]
    async fn goal(&self, follows: &u64, after: &u64) -> u64 {
        follows + after
    }

    #[depends(independent)]
    async fn panics(&self) {
        self.stage.act("panics").await;
        panic!("out of luck");
    }
}

#[test]
fn a_failed_task_fails_what_needs_it_and_no_more() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    one_thread().block_on(async {
        let run = graph.run();
        graph.stage.open("fails");
        let error = run.goal().await.unwrap_err();
        assert_eq!((error.task(), error.source().unwrap().to_string()), ("fails", "no".to_owned()));
        graph.stage.open("independent");
        settle().await;
        // It was under way; the tasks that follow it were needed only by the failed goal.
        let mut events = graph.stage.events();
        events.sort();
        assert_eq!(events, ["end fails", "end independent", "start fails", "start independent"]);
        assert_eq!(run.follows().await, &1);
    });
}

#[test]
fn a_failed_task_runs_anew_on_another_thread_when_the_failure_is_forgotten() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    one_thread().block_on(async {
        let run = graph.run();
        graph.stage.open("fails");
        graph.stage.open("independent");
        run.goal().await.unwrap_err();
        graph.works.store(true, Ordering::SeqCst);
        run.retry_failed();
        assert_eq!(run.goal().await.unwrap(), &3);
    });
    assert_eq!(graph.starts.load(Ordering::SeqCst), 2);
    assert_eq!(graph.stage.events().iter().filter(|event| *event == "start independent").count(), 1);
}

#[test]
fn all_results_of_spawned_tasks_are_lent_at_once() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    graph.works.store(true, Ordering::SeqCst);
    let run = graph.run().with_panics(());
    graph.stage.open("fails");
    graph.stage.open("independent");
    let runtime = one_thread();
    let outputs = runtime.block_on(run.all()).unwrap();
    assert_eq!((outputs.independent, outputs.fails, outputs.goal), (&1, &2, &3));
}

/// Logs the outcomes.
#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Observer for Log {
    fn started(&self, task: &TaskEvent<'_>) {
        self.0.lock().unwrap().push(format!("start {}", task.name()));
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        let outcome = match outcome {
            Outcome::Failed(error) => format!("failed: {}", error.source().unwrap()),
            other => format!("{other:?}"),
        };
        self.0.lock().unwrap().push(format!("{} {outcome}", task.name()));
    }
}

impl Log {
    fn events(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[test]
fn observers_are_told_when_it_happens_though_nobody_awaits_the_run() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    let log = Arc::new(Log::default());
    one_thread().block_on(async {
        let run = graph.run().observe(Arc::clone(&log));
        assert!(pin!(run.follows()).poll(&mut Context::from_waker(Waker::noop())).is_pending());
        graph.stage.open("independent");
        settle().await;
        let events = ["start independent", "independent Done", "start follows", "follows Done"];
        assert_eq!(log.events(), events);
    });
}

#[test]
fn observers_are_told_of_a_failure_on_another_thread_and_what_is_skipped_for_it() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    let log = Arc::new(Log::default());
    one_thread().block_on(async {
        let run = graph.run().observe(Arc::clone(&log));
        graph.stage.open("fails");
        run.after().await.unwrap_err();
    });
    assert_eq!(log.events(), ["start fails", "fails failed: no", "after Skipped { because: \"fails\" }"]);
}

#[test]
fn observers_are_told_what_a_dropped_run_cancels_on_other_threads() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    let log = Arc::new(Log::default());
    one_thread().block_on(async {
        let run = graph.run().observe(Arc::clone(&log));
        assert!(pin!(run.follows()).poll(&mut Context::from_waker(Waker::noop())).is_pending());
        settle().await;
        drop(run);
        assert_eq!(log.events(), ["start independent", "independent Cancelled"]);
        settle().await;
        assert_eq!(log.events(), [""; 0]);
    });
}

#[test]
fn observers_are_told_of_a_panic_on_another_thread() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    let log = Arc::new(Log::default());
    let runtime = one_thread();
    let run = graph.run().observe(Arc::clone(&log));
    graph.stage.open("independent");
    graph.stage.open("panics");
    catch_unwind(AssertUnwindSafe(|| runtime.block_on(run.panics()))).unwrap_err();
    assert_eq!(log.events(), ["start independent", "independent Done", "start panics", "panics Panicked"]);
}

#[test]
fn a_terminal_takes_its_limit_from_the_block() {
    struct Limited {
        under_way: AtomicUsize,
    }
    #[dag(spawn, max_concurrency = 2)]
    impl Limited {
        async fn a(&self) {
            self.act().await;
        }

        async fn b(&self) {
            self.act().await;
        }

        async fn c(&self) {
            self.act().await;
        }

        #[depends(a, b, c)]
        async fn goal(&self) {}
    }
    impl Limited {
        async fn act(&self) {
            assert!(self.under_way.fetch_add(1, Ordering::SeqCst) < 2);
            settle().await;
            self.under_way.fetch_sub(1, Ordering::SeqCst);
        }
    }

    let _deadline = deadline();
    one_thread().block_on(async { Arc::new(Limited { under_way: AtomicUsize::new(0) }).goal().await });
}
