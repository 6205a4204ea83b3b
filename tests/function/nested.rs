//! The slots of scopes inside tasks of scopes with a limit, and which tasks get them first.
#![allow(clippy::unused_async, reason = "tasks of any signature, with little to do")]

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use adagio::{Scope, Task, TaskError, all, scope, task};
use tokio::sync::oneshot;
use tokio::task::yield_now;

use super::bodies::{act, settle};
use crate::common::Stage;

/// Counts how many bodies are polled between their start and their end.
#[derive(Default)]
struct Meter {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Meter {
    async fn pass(&self) {
        self.most.fetch_max(self.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        yield_now().await;
        self.now.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Runs eight tasks in each of eight scopes, each in a task of a scope with two slots; returns how many ran at once.
async fn most_at_once(inner: impl Fn() -> Scope) -> usize {
    let meter = Arc::new(Meter::default());
    let run = Scope::new().max_concurrency(2).run(async {
        for _ in 0..8 {
            let (meter, inner) = (Arc::clone(&meter), inner());
            Task::spawn(async move {
                let tasks = async {
                    for _ in 0..8 {
                        let meter = Arc::clone(&meter);
                        Task::spawn(async move { meter.pass().await });
                    }
                };
                inner.run(tasks).await.unwrap();
            });
        }
    });
    run.await.unwrap();
    meter.most.load(Ordering::SeqCst)
}

#[tokio::test]
async fn a_scope_inside_a_task_shares_the_slots_of_the_outer_one() {
    let _deadline = crate::common::deadline();
    assert_eq!(most_at_once(Scope::new).await, 2);
}

#[tokio::test]
async fn the_tasks_of_a_scope_with_a_limit_inside_another_need_a_slot_of_both() {
    let _deadline = crate::common::deadline();
    assert_eq!(most_at_once(|| Scope::new().max_concurrency(8)).await, 2);
    let outer = Scope::new().max_concurrency(8);
    let meter = Arc::new(Meter::default());
    let run = outer.run(async {
        let inner = async {
            for _ in 0..8 {
                let meter = Arc::clone(&meter);
                Task::spawn(async move { meter.pass().await });
            }
        };
        Scope::new().max_concurrency(3).run(inner).await
    });
    run.await.unwrap().unwrap();
    assert_eq!(meter.most.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_scope_with_its_own_limit_takes_no_slot_of_the_outer_one() {
    let _deadline = crate::common::deadline();
    assert_eq!(most_at_once(|| Scope::new().own_limit(8)).await, 64);
    assert_eq!(most_at_once(|| Scope::new().own_limit(3)).await, 24);
}

type Count = Pin<Box<dyn Future<Output = Result<u32, TaskError>> + Send>>;

/// Counts the tasks of scopes inside tasks, to a depth.
fn count(levels: u32, inner: fn() -> Scope) -> Count {
    Box::pin(async move {
        if levels == 0 {
            yield_now().await;
            return Ok(1);
        }
        let tasks = async move {
            let tasks: Vec<_> = (0..3).map(|_| Task::try_spawn(count(levels - 1, inner))).collect();
            if levels % 2 == 0 { all(tasks).await.map(|counts| counts.iter().sum()) } else { sum(tasks).await }
        };
        inner().run(tasks).await?
    })
}

async fn sum(tasks: Vec<Task<u32>>) -> Result<u32, TaskError> {
    let mut sum = 0;
    for task in tasks {
        sum += task.await?;
    }
    Ok(sum)
}

#[tokio::test]
async fn five_levels_with_one_slot_come_to_their_end() {
    let _deadline = crate::common::deadline();
    for inner in [Scope::new, || Scope::new().max_concurrency(1), || Scope::new().max_concurrency(2)] {
        let run = Scope::new().max_concurrency(1).run(count(5, inner));
        assert_eq!(run.await.unwrap().unwrap(), 243);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_levels_with_few_slots_come_to_their_end_on_two_threads() {
    let _deadline = crate::common::deadline();
    for slots in [1, 2, 3] {
        let run = Scope::new().max_concurrency(slots).run(count(5, || Scope::new().max_concurrency(2)));
        assert_eq!(run.await.unwrap().unwrap(), 243);
    }
}

#[tokio::test]
async fn a_task_lends_its_slot_while_a_scope_in_its_body_waits_for_anything() {
    let _deadline = crate::common::deadline();
    let run = Scope::new().max_concurrency(1).run(async {
        Task::spawn(async {
            let (sender, receiver) = oneshot::channel();
            scope(async {
                Task::spawn(async move { sender.send(7).unwrap() });
                receiver.await.unwrap()
            })
            .await
        })
        .await
    });
    assert_eq!(run.await.unwrap().unwrap().unwrap(), 7);
}

#[tokio::test]
async fn a_scope_inside_that_fails_or_is_dropped_gives_its_slots_back() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let run = Scope::new().max_concurrency(2).run(async {
        let failing = Scope::new().max_concurrency(1).run(async {
            for _ in 0..10 {
                Task::<()>::try_spawn(async { Err("inner") });
            }
        });
        assert!(failing.await.is_err());
        let pending = Scope::new().max_concurrency(1).run(async {
            for _ in 0..10 {
                Task::spawn(std::future::pending::<()>());
            }
            settle().await;
        });
        assert!(tokio::time::timeout(std::time::Duration::ZERO, pending).await.is_err());
        for name in ["a", "b", "c"] {
            act(Arc::clone(&stage), name);
        }
        for name in ["b", "a", "c"] {
            settle().await;
            stage.open(name);
        }
    });
    run.await.unwrap();
    assert_eq!(stage.events(), ["start a", "start b", "end b", "start c", "end a", "end c"]);
}

#[task(blocking)]
fn sum_of_a_scope(handle: &tokio::runtime::Handle) -> u32 {
    let tasks = async { all([Task::spawn(async { 3 }), Task::spawn(async { 4 })]).await };
    handle.block_on(scope(tasks)).unwrap().unwrap().iter().sum()
}

#[tokio::test]
async fn a_scope_in_a_body_that_blocks_its_thread_does_not_wait_for_the_slot_of_that_body() {
    let _deadline = crate::common::deadline();
    let run = Scope::new().max_concurrency(1).run(async { sum_of_a_scope(tokio::runtime::Handle::current()).await });
    assert_eq!(run.await.unwrap().unwrap(), 7);
}

/// Runs twenty items of two steps with some slots; returns how many are begun and not done at most.
async fn most_begun(scope: Scope) -> usize {
    let meter = Arc::new(Meter::default());
    let run = scope.run(async {
        let downloads: Vec<_> = (0..20)
            .map(|_| {
                let meter = Arc::clone(&meter);
                Task::spawn(async move {
                    let begun = meter.now.fetch_add(1, Ordering::SeqCst) + 1;
                    meter.most.fetch_max(begun, Ordering::SeqCst);
                    yield_now().await;
                })
            })
            .collect();
        for download in downloads {
            let meter = Arc::clone(&meter);
            download.then(|()| async move {
                yield_now().await;
                meter.now.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    run.await.unwrap();
    meter.most.load(Ordering::SeqCst)
}

#[tokio::test]
async fn depth_first_goes_on_with_what_was_begun_so_that_memory_follows_the_limit() {
    let _deadline = crate::common::deadline();
    assert_eq!(most_begun(Scope::new().max_concurrency(4)).await, 20);
    assert_eq!(most_begun(Scope::new().max_concurrency(4).depth_first()).await, 4);
    assert_eq!(most_begun(Scope::new().max_concurrency(1).depth_first()).await, 1);
}

/// Returns the order in which three items begin and end if each body makes the task that ends its item by `go_on`.
async fn order_of_items<F>(
    go_on: impl Fn(Pin<Box<dyn Future<Output = ()> + Send>>) -> F + Copy + Send + 'static,
) -> Vec<String>
where
    F: Future<Output = ()> + Send + 'static,
{
    let log = Arc::new(Mutex::new(Vec::new()));
    let run = Scope::new().max_concurrency(1).depth_first().run(async {
        for item in 1..=3 {
            let log = Arc::clone(&log);
            Task::spawn(async move {
                log.lock().unwrap().push(format!("begin {item}"));
                go_on(Box::pin(async move { log.lock().unwrap().push(format!("end {item}")) })).await;
            });
        }
    });
    run.await.unwrap();
    let log = log.lock().unwrap();
    log.clone()
}

const ITEM_AFTER_ITEM: [&str; 6] = ["begin 1", "end 1", "begin 2", "end 2", "begin 3", "end 3"];

#[tokio::test]
async fn depth_first_a_task_is_deeper_than_the_one_whose_body_made_it() {
    let _deadline = crate::common::deadline();
    let order = order_of_items(|end| async { _ = Task::spawn(end) }).await;
    assert_eq!(order, ITEM_AFTER_ITEM);
}

#[tokio::test]
async fn depth_first_holds_in_a_scope_that_shares_the_slots() {
    let _deadline = crate::common::deadline();
    let order = order_of_items(|end| async { _ = Scope::new().run(async { Task::spawn(end) }).await.unwrap() }).await;
    assert_eq!(order, ITEM_AFTER_ITEM);
    let limited = |end| async { _ = Scope::new().max_concurrency(3).run(async { Task::spawn(end) }).await.unwrap() };
    assert_eq!(order_of_items(limited).await, ITEM_AFTER_ITEM);
}
