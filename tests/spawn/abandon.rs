//! Runs with `cancel_abandoned()` whose tasks are on other threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use adagio::{Lazy, Observer, Outcome, TaskEvent, dag};
use tokio::runtime::{Builder, Runtime};

use crate::common::{Stage, deadline};

/// Its spawned tasks run only while the test lets the runtime run.
fn one_thread() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// Lets every task of the runtime run until it waits.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[derive(Default)]
struct Graph {
    stage: Stage,
    tries: AtomicUsize,
}

#[dag(spawn)]
impl Graph {
    async fn user(&self) -> u8 {
        self.stage.act("user").await;
        1
    }

    async fn stock(&self) -> u8 {
        self.stage.act("stock").await;
        2
    }

    #[depends(user)]
    async fn cart(&self, user: u8) -> u8 {
        self.stage.act("cart").await;
        user + 10
    }

    #[depends(cart, stock)]
    fn page(&self, cart: u8, stock: u8) -> u8 {
        cart + stock
    }

    #[task(finish)]
    async fn charge(&self) -> u8 {
        self.stage.act("charge").await;
        3
    }

    #[task(retry = 3, backoff = "1ms..1ms")]
    async fn stubborn(&self) -> Result<usize, &'static str> {
        self.stage.act("stubborn").await;
        match self.tries.fetch_add(1, Ordering::SeqCst) {
            0 => Err("not yet"),
            tries => Ok(tries),
        }
    }

    #[depends(lazy stock)]
    async fn asks(&self, stock: Lazy<'_, u8>) -> u8 {
        self.stage.log("start asks");
        *stock.await
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Observer for Log {
    fn started(&self, task: &TaskEvent<'_>) {
        self.0.lock().unwrap().push(format!("{} starts {}", task.name(), task.attempt()));
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        let outcome = match outcome {
            Outcome::Done => "done",
            Outcome::Failed(_) => "failed",
            Outcome::Cancelled => "cancelled",
            _ => "other",
        };
        self.0.lock().unwrap().push(format!("{} {outcome} {}", task.name(), task.attempt()));
    }
}

#[test]
fn a_spawned_task_that_nobody_waits_for_is_aborted_and_starts_anew() {
    let _deadline = deadline();
    let (graph, log) = (Arc::new(Graph::default()), Log::default());
    one_thread().block_on(async {
        let run = graph.run().cancel_abandoned().observe(log.clone());
        {
            let mut user = pin!(run.user());
            assert!(poll(user.as_mut()).is_pending());
            settle().await;
        }
        settle().await;
        assert_eq!(graph.stage.events(), ["start user", "drop user"]);
        assert_eq!(log.take(), ["user starts 1", "user cancelled 1"]);
        graph.stage.open("user");
        assert_eq!(run.user().await, &1);
        assert_eq!(log.take(), ["user starts 2", "user done 2"]);
    });
}

#[test]
fn a_body_that_was_not_polled_yet_never_runs() {
    let _deadline = deadline();
    let (graph, log) = (Arc::new(Graph::default()), Log::default());
    one_thread().block_on(async {
        let run = graph.run().cancel_abandoned().observe(log.clone());
        assert!(poll(pin!(run.user())).is_pending());
        settle().await;
        assert_eq!(log.take(), ["user starts 1", "user cancelled 1"]);
    });
    assert_eq!(graph.stage.events(), Vec::<String>::new());
}

#[test]
fn a_task_under_way_is_aborted_between_two_awaits() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    one_thread().block_on(async {
        let run = graph.run().cancel_abandoned();
        {
            let mut page = pin!(run.page());
            assert!(poll(page.as_mut()).is_pending());
            settle().await;
            graph.stage.open("user");
            settle().await;
            assert_eq!(graph.stage.events(), ["start user", "start stock", "end user", "start cart"]);
        }
        settle().await;
        let mut events = graph.stage.events();
        events.sort();
        assert_eq!(events, ["drop cart", "drop stock"]);
        // It waits only for what was dropped.
        graph.stage.open("cart");
        graph.stage.open("stock");
        assert_eq!(run.page().await, &13);
    });
}

#[test]
fn a_task_that_is_wanted_again_before_its_worker_runs_goes_on() {
    let _deadline = deadline();
    let (graph, log) = (Arc::new(Graph::default()), Log::default());
    one_thread().block_on(async {
        let run = graph.run().cancel_abandoned().observe(log.clone());
        {
            let mut user = pin!(run.user());
            assert!(poll(user.as_mut()).is_pending());
            settle().await;
        }
        let mut user = pin!(run.user());
        assert!(poll(user.as_mut()).is_pending());
        settle().await;
        assert_eq!(graph.stage.events(), ["start user"]);
        graph.stage.open("user");
        assert_eq!(user.await, &1);
        assert_eq!(log.take(), ["user starts 1", "user done 1"]);
    });
}

#[test]
fn what_another_waiter_needs_goes_on() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    one_thread().block_on(async {
        let run = graph.run().cancel_abandoned();
        let mut cart = pin!(run.cart());
        assert!(poll(cart.as_mut()).is_pending());
        assert!(poll(pin!(run.page())).is_pending());
        settle().await;
        graph.stage.open("user");
        graph.stage.open("cart");
        assert_eq!(cart.await, &11);
        settle().await;
        let mut events = graph.stage.events();
        events.retain(|event| event.contains("stock"));
        assert!(events.is_empty() || events == ["start stock", "drop stock"], "{events:?}");
    });
}

#[test]
fn a_task_that_finishes_is_not_dropped_once_it_has_started() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    one_thread().block_on(async {
        let run = graph.run().cancel_abandoned();
        {
            let mut charge = pin!(run.charge());
            assert!(poll(charge.as_mut()).is_pending());
            settle().await;
        }
        settle().await;
        assert_eq!(graph.stage.events(), ["start charge"]);
        graph.stage.open("charge");
        settle().await;
        // Its result is kept: it does not start anew.
        assert_eq!(run.charge().await, &3);
        assert_eq!(graph.stage.events(), ["end charge"]);
    });
}

#[test]
fn a_task_that_waits_for_its_next_attempt_is_dropped_without_an_event() {
    let _deadline = deadline();
    let (graph, log) = (Arc::new(Graph::default()), Log::default());
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let run = graph.run().cancel_abandoned().observe(log.clone());
        graph.stage.open("stubborn");
        {
            let mut stubborn = pin!(run.stubborn());
            assert!(poll(stubborn.as_mut()).is_pending());
            settle().await;
            assert_eq!(log.take(), ["stubborn starts 1", "stubborn failed 1"]);
        }
        settle().await;
        assert_eq!(log.take(), Vec::<String>::new());
        assert_eq!(run.stubborn().await.unwrap(), &1);
        assert_eq!(log.take(), ["stubborn starts 2", "stubborn done 2"]);
    });
}

#[test]
fn the_dependency_that_a_dropped_body_asked_for_is_dropped_as_well() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    for limit in [1, 64] {
        one_thread().block_on(async {
            let run = graph.run().cancel_abandoned().max_concurrency(limit);
            {
                let mut asks = pin!(run.asks());
                for _ in 0..4 {
                    assert!(poll(asks.as_mut()).is_pending());
                    settle().await;
                }
                assert_eq!(graph.stage.events(), ["start asks", "start stock"]);
            }
            settle().await;
            assert_eq!(graph.stage.events(), ["drop stock"]);
            // Its slot is free.
            graph.stage.open("user");
            assert_eq!(run.user().await, &1);
            assert_eq!(graph.stage.events(), ["start user", "end user"]);
            let mut asks = pin!(run.asks());
            for _ in 0..4 {
                assert!(poll(asks.as_mut()).is_pending());
                settle().await;
            }
            assert_eq!(graph.stage.events(), ["start asks", "start stock"]);
        });
        assert_eq!(graph.stage.events(), ["drop stock"]);
    }
}

/// A body on a thread that may block.
struct Blocks(Mutex<std::sync::mpsc::Receiver<()>>, AtomicUsize);

#[dag]
impl Blocks {
    #[task(blocking)]
    fn slow(&self) -> usize {
        let call = self.1.fetch_add(1, Ordering::SeqCst);
        self.0.lock().unwrap().recv().unwrap();
        call
    }
}

#[test]
fn the_result_of_a_blocking_body_that_has_started_is_dropped() {
    let _deadline = deadline();
    let (go, gone) = std::sync::mpsc::channel();
    let blocks = Arc::new(Blocks(Mutex::new(gone), AtomicUsize::new(0)));
    one_thread().block_on(async {
        let run = blocks.run().cancel_abandoned();
        {
            let mut slow = pin!(run.slow());
            assert!(poll(slow.as_mut()).is_pending());
            while blocks.1.load(Ordering::SeqCst) == 0 {
                tokio::task::yield_now().await;
            }
        }
        go.send(()).unwrap();
        go.send(()).unwrap();
        assert_eq!(run.slow().await, &1);
    });
}

/// A body that holds a permit, and one that waits for it.
struct Permits {
    stage: Stage,
    one: tokio::sync::Semaphore,
}

#[dag]
impl Permits {
    #[task(permit = |this| &this.one)]
    async fn first(&self) {
        self.stage.act("first").await;
    }

    #[task(permit = |this| &this.one)]
    async fn second(&self) {
        self.stage.act("second").await;
    }
}

#[test]
fn a_dropped_task_gives_its_permit_back_and_leaves_the_queue() {
    for limit in [1, 2, 64] {
        let permits = Permits { stage: Stage::default(), one: tokio::sync::Semaphore::new(1) };
        let run = permits.run().cancel_abandoned().max_concurrency(limit);
        {
            let (mut first, mut second) = (pin!(run.first()), pin!(run.second()));
            assert!(poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending());
            assert_eq!(permits.one.available_permits(), 0);
        }
        assert_eq!(permits.stage.events(), ["start first", "drop first"]);
        assert_eq!(permits.one.available_permits(), 1);
        let mut second = pin!(run.second());
        for _ in 0..3 {
            assert!(poll(second.as_mut()).is_pending());
        }
        assert_eq!(permits.stage.events(), ["start second"]);
        permits.stage.open("second");
        assert!(poll(second.as_mut()).is_ready());
        assert_eq!((permits.stage.events(), permits.one.available_permits()), (vec!["end second".to_owned()], 1));
    }
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a bomb");
    }
}

struct Explosive;

#[dag(spawn)]
impl Explosive {
    async fn bomb(&self) {
        let _bomb = Bomb;
        std::future::pending::<()>().await;
    }

    async fn other(&self) {
        std::future::pending::<()>().await;
    }
}

#[test]
fn a_dropped_body_that_panics_is_a_panic_of_its_task() {
    let _deadline = deadline();
    let explosive = Arc::new(Explosive);
    one_thread().block_on(async {
        let run = explosive.run().cancel_abandoned();
        let mut other = pin!(run.other());
        {
            let mut bomb = pin!(run.bomb());
            assert!(poll(bomb.as_mut()).is_pending() && poll(other.as_mut()).is_pending());
            settle().await;
        }
        settle().await;
        let payload = catch_unwind(AssertUnwindSafe(|| poll(other.as_mut()))).unwrap_err();
        assert_eq!(payload.downcast_ref::<&str>(), Some(&"the body panicked while it was dropped"));
    });
}
