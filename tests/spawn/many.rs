//! More spawned tasks than threads, all ready at once: which threads run them, and when.
#![allow(clippy::too_many_arguments, reason = "each stands for a task")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use adagio::dag;
use futures::future::BoxFuture;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Barrier;
use tokio::task::{Id, block_in_place, id, yield_now};

use crate::common::deadline;
use crate::meeting::wait_without_yielding;

/// Longer than any machine takes to get to work.
const LONG: Duration = Duration::from_secs(60);

/// Does the same in all of its tasks; each task reports its place.
struct Many {
    act: Box<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>,
    starts: Mutex<Vec<&'static str>>,
}

macro_rules! graph {
    (after a spawned task: $($of_spawned:ident)*; after an inline one: $($of_inline:ident)*; after none: $($root:ident)*) => {
        #[dag(spawn)]
        impl Many {
            async fn spawned(&self) {}

            $(#[depends(spawned)]
            async fn $of_spawned(&self) -> Id {
                self.act(stringify!($of_spawned)).await
            })*

            #[depends($($of_spawned),*)]
            fn after_a_spawned_task(&self $(, $of_spawned: Id)*) -> Vec<Id> {
                vec![$($of_spawned),*]
            }

            #[task(inline)]
            async fn inline(&self) {
                yield_now().await;
            }

            $(#[depends(inline)]
            async fn $of_inline(&self) -> Id {
                self.act(stringify!($of_inline)).await
            })*

            #[depends($($of_inline),*)]
            fn after_an_inline_task(&self $(, $of_inline: Id)*) -> Vec<Id> {
                vec![$($of_inline),*]
            }

            $(async fn $root(&self) -> Id {
                self.act(stringify!($root)).await
            })*

            #[depends($($root),*)]
            fn after_none(&self $(, $root: Id)*) -> Vec<Id> {
                vec![$($root),*]
            }
        }
    };
}

graph! {
    after a spawned task: s01 s02 s03 s04 s05 s06 s07 s08 s09 s10 s11 s12 s13 s14 s15 s16 s17 s18 s19 s20 s21 s22 s23 s24
        s25 s26 s27 s28 s29 s30 s31 s32 s33 s34 s35 s36 s37 s38 s39 s40;
    after an inline one: i1 i2 i3 i4 i5 i6 i7 i8;
    after none: r1 r2 r3 r4 r5 r6 r7 r8
}

impl Many {
    fn new<T: Future<Output = ()> + Send + 'static>(act: impl Fn() -> T + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { act: Box::new(move || Box::pin(act())), starts: Mutex::default() })
    }

    async fn act(&self, task: &'static str) -> Id {
        self.starts.lock().unwrap().push(task);
        (self.act)().await;
        id()
    }
}

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

fn workers(threads: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(threads).enable_time().build().unwrap()
}

/// Calls each terminal from outside the workers and from inside; `act` creates a new future for each.
fn everywhere<T: Future<Output = ()> + Send + 'static, A: Fn() -> T + Send + Sync + 'static>(
    runtime: &Runtime,
    act: impl Fn() -> A,
) {
    runtime.block_on(Many::new(act()).after_a_spawned_task());
    runtime.block_on(Many::new(act()).after_an_inline_task());
    runtime.block_on(Many::new(act()).after_none());
    let within = [Many::new(act()), Many::new(act()), Many::new(act())];
    let within = runtime.spawn(async move {
        within[0].after_a_spawned_task().await;
        within[1].after_an_inline_task().await;
        within[2].after_none().await;
    });
    runtime.block_on(within).unwrap();
}

/// Returns when `all` tasks have arrived, without yielding to others.
fn meet(come: &AtomicUsize, all: usize) {
    come.fetch_add(1, Ordering::SeqCst);
    wait_without_yielding(|| come.load(Ordering::SeqCst) >= all);
}

#[test]
fn tasks_that_wait_are_all_under_way_at_once() {
    let _deadline = deadline();
    for runtime in [one_thread(), workers(2)] {
        everywhere(&runtime, || {
            let eight = Arc::new(Barrier::new(8));
            move || {
                let eight = Arc::clone(&eight);
                async move { _ = tokio::time::timeout(LONG, eight.wait()).await.expect("the others are under way") }
            }
        });
    }
}

#[test]
fn tasks_that_do_not_wait_use_all_threads() {
    let _deadline = deadline();
    everywhere(&workers(4), || {
        let come = Arc::new(AtomicUsize::new(0));
        move || {
            let come = Arc::clone(&come);
            async move { meet(&come, 4) }
        }
    });
}

#[test]
fn tasks_that_block_in_place_hold_up_no_other() {
    let _deadline = deadline();
    everywhere(&workers(2), || {
        let come = Arc::new(AtomicUsize::new(0));
        move || {
            let come = Arc::clone(&come);
            async move { block_in_place(|| meet(&come, 8)) }
        }
    });
}

#[test]
fn tasks_that_do_not_wait_share_a_worker_until_it_makes_way() {
    let _deadline = deadline();
    let mut workers = one_thread().block_on(async { Many::new(|| async {}).after_a_spawned_task().await });
    assert_eq!(workers.len(), 40);
    workers.dedup();
    assert_eq!(workers.len(), 2);
}

#[test]
fn on_one_thread_tasks_that_are_ready_together_start_in_order() {
    let _deadline = deadline();
    one_thread().block_on(async {
        for many in [Many::new(|| async {}), Many::new(yield_now)] {
            many.after_a_spawned_task().await;
            many.after_an_inline_task().await;
            many.after_none().await;
            let starts = many.starts.lock().unwrap();
            assert_eq!(starts.len(), 40 + 8 + 8);
            assert!(starts[..40].is_sorted() && starts[40..48].is_sorted() && starts[48..].is_sorted(), "{starts:?}");
        }
    });
}

#[test]
fn tasks_that_are_ready_do_not_start_when_the_terminal_is_dropped() {
    let _deadline = deadline();
    let starts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&starts);
    let many = Many::new(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        async {}
    });
    one_thread().block_on(async {
        assert!(pin!(many.after_none()).poll(&mut Context::from_waker(Waker::noop())).is_pending());
        for _ in 0..20 {
            yield_now().await;
        }
    });
    assert_eq!(starts.load(Ordering::SeqCst), 0);
    assert_eq!(Arc::strong_count(&many), 1);
}

#[test]
fn a_runtime_that_ends_loses_the_tasks_that_are_ready() {
    let _deadline = deadline();
    let many = Many::new(std::future::pending);
    for turns in 0..50 {
        let mut goal = pin!(many.after_a_spawned_task());
        // The runtime runs one task per turn.
        let runtime = Builder::new_current_thread().event_interval(1).build().unwrap();
        runtime.block_on(async {
            assert!(goal.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            for _ in 0..turns {
                yield_now().await;
            }
        });
        drop(runtime);
        let panic = catch_unwind(AssertUnwindSafe(|| goal.poll(&mut Context::from_waker(Waker::noop())))).unwrap_err();
        assert!(panic.downcast_ref::<String>().unwrap().ends_with("the tokio runtime it was spawned on has shut down"));
    }
}

/// Spawned tasks and one task that keeps the caller's thread busy; all of them meet.
struct Busy {
    come: AtomicUsize,
}

#[dag(spawn)]
impl Busy {
    async fn a(&self) {
        meet(&self.come, 4);
    }

    async fn b(&self) {
        meet(&self.come, 4);
    }

    async fn c(&self) {
        meet(&self.come, 4);
    }

    fn inline(&self) {
        meet(&self.come, 4);
    }

    #[depends(a, b, c, inline)]
    fn goal(&self) {}
}

#[test]
fn tasks_that_are_ready_run_while_the_thread_of_the_caller_is_busy() {
    let _deadline = deadline();
    let runtime = workers(4);
    let busy = || Arc::new(Busy { come: AtomicUsize::new(0) });
    runtime.block_on(busy().goal());
    let within = busy();
    runtime.block_on(runtime.spawn(async move { within.goal().await })).unwrap();
}

/// The first of its tasks to run fails.
#[derive(Default)]
struct Failing {
    starts: AtomicUsize,
}

impl Failing {
    fn start(&self) -> Result<(), String> {
        self.starts.fetch_add(1, Ordering::SeqCst);
        Err("no".to_owned())
    }
}

#[dag(spawn)]
impl Failing {
    async fn a(&self) -> Result<(), String> {
        self.start()
    }

    async fn b(&self) -> Result<(), String> {
        self.start()
    }

    async fn c(&self) -> Result<(), String> {
        self.start()
    }

    async fn d(&self) -> Result<(), String> {
        self.start()
    }

    async fn e(&self) -> Result<(), String> {
        self.start()
    }

    async fn f(&self) -> Result<(), String> {
        self.start()
    }

    #[depends(a, b, c, d, e, f)]
    fn every_one(&self) {}
}

#[test]
fn a_failure_keeps_the_tasks_that_are_ready_from_starting() {
    let _deadline = deadline();
    let failing = Arc::new(Failing::default());
    assert_eq!(one_thread().block_on(failing.every_one()), Err("no".to_owned()));
    assert_eq!(failing.starts.load(Ordering::SeqCst), 1);
}

#[test]
fn in_a_run_a_failure_lets_the_tasks_that_are_ready_go_on() {
    let _deadline = deadline();
    let failing = Arc::new(Failing::default());
    let run = failing.run();
    let error = one_thread().block_on(async {
        let error = run.every_one().await.unwrap_err();
        for _ in 0..20 {
            yield_now().await;
        }
        error
    });
    assert_eq!(error.task(), "a");
    assert_eq!(failing.starts.load(Ordering::SeqCst), 6);
}
