//! The same graph on several executors.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;

use adagio::dag;
use futures::executor;
use tokio::runtime::Builder;

use crate::common::{CountingWaker, Stage, deadline, yield_once};

/// Some tasks yield, one waits for another thread.
#[derive(Default)]
struct Graph {
    stage: Arc<Stage>,
}

#[dag]
impl Graph {
    async fn yields(&self) -> u64 {
        for _ in 0..10 {
            yield_once().await;
        }
        1
    }

    async fn other_thread(&self) -> Result<u64, String> {
        let stage = Arc::clone(&self.stage);
        let opener = thread::spawn(move || stage.open("gate"));
        self.stage.gate("gate").await;
        opener.join().map_err(|_| "the thread panicked".to_owned())?;
        Ok(2)
    }

    #[depends(yields)]
    fn plain(&self, yields: u64) -> u64 {
        yields + 10
    }

    #[depends(plain, other_thread)]
    async fn goal(&self, plain: &u64, other_thread: &u64) -> u64 {
        yield_once().await;
        plain + other_thread
    }
}

#[test]
fn a_graph_runs_on_one_thread_of_tokio() {
    let _deadline = deadline();
    let runtime = Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(Graph::default().goal()), Ok(13));
}

#[test]
fn a_graph_runs_on_many_threads_of_tokio() {
    let _deadline = deadline();
    let runtime = Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let runs: Vec<_> = (0..20).map(|_| runtime.spawn(async { Graph::default().goal().await })).collect();
    for run in runs {
        assert_eq!(runtime.block_on(run).unwrap(), Ok(13));
    }
}

#[test]
fn a_graph_runs_on_the_executor_of_futures() {
    let _deadline = deadline();
    assert_eq!(executor::block_on(Graph::default().goal()), Ok(13));
}

#[test]
fn a_graph_runs_in_a_loop_of_polls() {
    let graph = Graph::default();
    let waker = Arc::new(CountingWaker::default());
    let mut goal = pin!(graph.goal());
    let (mut polls, mut seen) = (0, 0);
    let result = loop {
        if let Poll::Ready(result) = goal.as_mut().poll(&mut Context::from_waker(&Arc::clone(&waker).into())) {
            break result;
        }
        polls += 1;
        while waker.wakes() == seen {
            thread::yield_now();
        }
        seen = waker.wakes();
    };
    assert_eq!(result, Ok(13));
    // Ten times for `yields`, once for `goal`, and for the gate.
    assert!((11..=12).contains(&polls), "{polls} polls");
}

#[test]
fn a_terminal_may_change_executors_on_its_way() {
    let _deadline = deadline();
    let graph = Graph::default();
    let mut goal = Box::pin(graph.goal());
    let waker = Arc::new(CountingWaker::default()).into();
    assert!(goal.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let result = thread::scope(|scope| scope.spawn(|| executor::block_on(goal)).join().unwrap());
    assert_eq!(result, Ok(13));
}
