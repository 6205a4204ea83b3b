//! Results drop like the variables of a function: each before the results that it was made from. A body that is dropped
//! before its end drops before all results.
#![allow(clippy::unused_async, reason = "some tasks here are done at once")]

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use crate::common::now;
use adagio::dag;

type Log = Arc<Mutex<Vec<&'static str>>>;

/// Logs its drop.
struct Noted(&'static str, Log);

impl Drop for Noted {
    fn drop(&mut self) {
        self.1.lock().unwrap().push(self.0);
    }
}

fn taken(log: &Log) -> Vec<&'static str> {
    std::mem::take(&mut *log.lock().unwrap())
}

/// Polls once.
fn start<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) {
    assert!(future.poll(&mut Context::from_waker(Waker::noop())).is_pending());
}

#[derive(Default)]
struct Stack(Log);

impl Stack {
    fn note(&self, name: &'static str) -> Noted {
        Noted(name, Arc::clone(&self.0))
    }
}

#[dag]
impl Stack {
    fn zookeeper(&self) -> Noted {
        self.note("zookeeper")
    }

    fn metrics(&self) -> Noted {
        self.note("metrics")
    }

    #[depends(zookeeper)]
    async fn kafka(&self, zookeeper: &Noted) -> Noted {
        let _ = zookeeper;
        self.note("kafka")
    }

    #[depends(kafka, metrics)]
    async fn app(&self, kafka: &Noted) -> Noted {
        let _ = kafka;
        self.note("app")
    }

    #[depends(app)]
    fn goal(&self) -> u64 {
        1
    }

    #[depends(app)]
    fn fails(&self) -> Result<u64, String> {
        Err("no".to_owned())
    }

    #[depends(kafka, metrics)]
    async fn first_body(&self) {
        let _noted = self.note("first body");
        std::future::pending::<()>().await;
    }

    #[depends(kafka, metrics)]
    async fn second_body(&self) {
        let _noted = self.note("second body");
        std::future::pending::<()>().await;
    }

    #[depends(first_body, second_body)]
    fn never(&self) {}
}

const REVERSE: [&str; 4] = ["app", "kafka", "metrics", "zookeeper"];
const HALF_WAY: [&str; 5] = ["second body", "first body", "kafka", "metrics", "zookeeper"];

#[test]
fn at_the_end_of_a_call_results_drop_in_reverse() {
    let stack = Stack::default();
    assert_eq!(now(stack.goal()), 1);
    assert_eq!(taken(&stack.0), REVERSE);
    assert_eq!(now(stack.fails()), Err("no".to_owned()));
    assert_eq!(taken(&stack.0), REVERSE);
}

#[test]
fn with_a_run_its_results_drop_in_reverse() {
    let stack = Stack::default();
    let run = stack.run();
    now(run.app());
    assert_eq!(taken(&stack.0), [""; 0]);
    drop(run);
    assert_eq!(taken(&stack.0), REVERSE);
}

#[test]
fn bodies_that_are_dropped_on_their_way_go_before_results() {
    let stack = Stack::default();
    {
        let mut never = pin!(stack.never());
        start(never.as_mut());
    }
    assert_eq!(taken(&stack.0), HALF_WAY);
    let run = stack.run();
    {
        let mut never = pin!(run.never());
        start(never.as_mut());
    }
    drop(run);
    assert_eq!(taken(&stack.0), HALF_WAY);
}

#[derive(Default)]
struct Outer(Log);

#[dag]
impl Outer {
    fn network(&self) -> Noted {
        Noted("network", Arc::clone(&self.0))
    }

    #[depends(network)]
    #[task(graph)]
    fn stack(&self) -> Stack {
        Stack(Arc::clone(&self.0))
    }

    #[depends(stack.app, network)]
    fn goal(&self) {}
}

#[test]
fn results_of_a_graph_inside_drop_in_reverse_before_what_it_is_made_of() {
    let outer = Outer::default();
    now(outer.goal());
    assert_eq!(taken(&outer.0), ["app", "kafka", "metrics", "zookeeper", "network"]);
    let run = outer.run();
    now(run.goal());
    drop(run);
    assert_eq!(taken(&outer.0), ["app", "kafka", "metrics", "zookeeper", "network"]);
}

#[cfg(feature = "tokio")]
mod spawned {
    use super::*;

    #[derive(Default)]
    struct Spawned(Log);

    #[dag(spawn)]
    impl Spawned {
        async fn zookeeper(&self) -> Noted {
            Noted("zookeeper", Arc::clone(&self.0))
        }

        #[depends(zookeeper)]
        async fn kafka(&self) -> Noted {
            Noted("kafka", Arc::clone(&self.0))
        }

        #[depends(kafka)]
        async fn app(&self) -> Noted {
            Noted("app", Arc::clone(&self.0))
        }

        #[depends(app)]
        async fn goal(&self) {}
    }

    #[test]
    fn results_of_spawned_tasks_drop_in_reverse() {
        let _deadline = crate::common::deadline();
        let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        let spawned = Arc::new(Spawned::default());
        let calling = runtime();
        calling.block_on(async { spawned.goal().await });
        // A worker may keep them a moment longer: it ends with its runtime.
        drop(calling);
        assert_eq!(taken(&spawned.0), ["app", "kafka", "zookeeper"]);
        let running = runtime();
        let run = spawned.run();
        running.block_on(async { run.goal().await });
        drop(run);
        drop(running);
        assert_eq!(taken(&spawned.0), ["app", "kafka", "zookeeper"]);
    }
}
