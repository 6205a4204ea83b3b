//! Passes of a driver whose tasks run elsewhere: no task takes a second slot, no goal waits for others, and nothing is
//! polled in vain.

use std::future::pending;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use adagio::dag;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use tokio::task::yield_now;

use crate::common::{Driven, Stage, deadline};

fn one_thread() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

async fn settle() {
    for _ in 0..20 {
        yield_now().await;
    }
}

#[derive(Default)]
struct Plain {
    go: Notify,
}

#[dag(max_concurrency = 2)]
impl Plain {
    #[task(spawn)]
    async fn elsewhere(&self) {
        self.go.notified().await;
    }

    async fn first(&self) {
        settle().await;
    }

    #[depends(first)]
    fn last(&self) {
        self.go.notify_one();
    }

    #[depends(elsewhere, last)]
    fn goal(&self) {}
}

#[derive(Default)]
struct Catching {
    go: Notify,
}

#[dag(max_concurrency = 2)]
impl Catching {
    #[task(spawn)]
    async fn elsewhere(&self) {
        self.go.notified().await;
    }

    fn fails(&self) -> Result<(), String> {
        Err("no".to_owned())
    }

    #[depends(catch fails)]
    async fn shown(&self) {
        settle().await;
    }

    #[depends(shown)]
    fn last(&self) {
        self.go.notify_one();
    }

    #[depends(elsewhere, last)]
    fn goal(&self) {}
}

#[test]
fn a_task_on_another_thread_takes_one_slot_however_often_the_driver_passes() {
    let _deadline = deadline();
    one_thread().block_on(async {
        Arc::new(Plain::default()).goal().await;
        Arc::new(Catching::default()).goal().await;
    });
}

#[derive(Default)]
struct Chain {
    go: Notify,
}

#[dag(spawn)]
impl Chain {
    async fn before(&self) {}

    #[depends(before)]
    async fn wanted(&self) {
        settle().await;
    }

    #[depends(wanted)]
    async fn after(&self) {
        self.go.notified().await;
    }
}

#[test]
fn a_goal_is_reached_although_a_task_that_follows_it_elsewhere_goes_on() {
    let _deadline = deadline();
    one_thread().block_on(async {
        let chain = Arc::new(Chain::default());
        let run = chain.run();
        let first = async {
            run.wanted().await;
            chain.go.notify_one();
        };
        tokio::join!(run.after(), first);
    });
}

#[derive(Default)]
struct Sleeps {
    stage: Stage,
}

#[dag]
impl Sleeps {
    #[task(spawn)]
    async fn elsewhere(&self) {
        self.stage.act("elsewhere").await;
    }

    fn fails(&self) -> Result<(), String> {
        Err("no".to_owned())
    }

    #[depends(catch fails)]
    async fn shown(&self) {
        self.stage.act("shown").await;
    }

    #[depends(elsewhere, shown)]
    fn goal(&self) {}
}

#[test]
fn a_call_sleeps_although_a_failure_was_caught() {
    let runtime = one_thread();
    let _entered = runtime.enter();
    let sleeps = Arc::new(Sleeps::default());
    let mut goal = Driven::new(sleeps.goal());
    for _ in 0..3 {
        assert!(goal.poll().is_pending());
    }
    let wakes = goal.wakes();
    assert!(goal.poll().is_pending());
    assert_eq!(goal.wakes(), wakes);
}

type Call = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Default)]
struct Leaves {
    call: Mutex<Option<Call>>,
    has_gone_on: AtomicBool,
}

#[dag(spawn)]
impl Leaves {
    async fn first(&self) {
        let call = self.call.lock().unwrap().take();
        drop(call);
    }

    #[depends(first)]
    async fn second(&self) {
        self.has_gone_on.store(true, Ordering::SeqCst);
        pending::<()>().await;
    }
}

#[test]
fn a_worker_starts_nothing_more_once_the_call_is_dropped() {
    let _deadline = deadline();
    one_thread().block_on(async {
        let leaves = Arc::new(Leaves::default());
        let own = Arc::clone(&leaves);
        let mut call: Call = Box::pin(async move { own.second().await });
        assert!(futures::poll!(call.as_mut()).is_pending());
        *leaves.call.lock().unwrap() = Some(call);
        settle().await;
        assert!(leaves.call.lock().unwrap().is_none() && !leaves.has_gone_on.load(Ordering::SeqCst));
    });
}
