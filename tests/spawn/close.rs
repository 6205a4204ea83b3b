//! `close` of a run whose tasks are on other threads: it waits until they have left.

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use adagio::dag;
use tokio::runtime::Builder;

use crate::common::Stage;

/// Lets every task of the runtime run until it waits.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Can be neither cloned nor closed twice.
struct Pool;

#[derive(Default)]
struct App {
    stage: Stage,
    closed: Arc<AtomicUsize>,
    blocked: Mutex<Option<Receiver<()>>>,
}

#[dag]
impl App {
    #[task(close = |(_, closed): (Pool, Arc<AtomicUsize>)| async move { closed.fetch_add(1, Ordering::SeqCst); })]
    fn pool(&self) -> (Pool, Arc<AtomicUsize>) {
        (Pool, Arc::clone(&self.closed))
    }

    #[depends(pool)]
    #[task(spawn)]
    async fn work(&self, pool: &(Pool, Arc<AtomicUsize>)) -> usize {
        self.stage.act("work").await;
        pool.1.load(Ordering::SeqCst)
    }

    #[depends(pool)]
    #[task(blocking)]
    fn blocked(&self, pool: &(Pool, Arc<AtomicUsize>)) -> usize {
        self.stage.log("blocks");
        let gate = self.blocked.lock().unwrap().take().unwrap();
        gate.recv().unwrap();
        pool.1.load(Ordering::SeqCst)
    }

    #[depends(pool)]
    #[task(spawn, finish)]
    async fn charge(&self, pool: &(Pool, Arc<AtomicUsize>)) -> usize {
        self.stage.act("charge").await;
        pool.1.load(Ordering::SeqCst)
    }
}

fn app() -> (Arc<App>, Sender<()>) {
    let (open, gate) = channel();
    (Arc::new(App { blocked: Mutex::new(Some(gate)), ..App::default() }), open)
}

#[test]
fn a_spawned_task_is_aborted_before_anything_is_closed() {
    let _deadline = crate::common::deadline();
    let (app, _open) = app();
    Builder::new_current_thread().build().unwrap().block_on(async {
        let run = app.run();
        assert!(poll(pin!(run.work())).is_pending());
        settle().await;
        {
            let mut closing = pin!(run.close());
            assert!(poll(closing.as_mut()).is_pending());
            // The worker has not stopped yet.
            assert_eq!((app.stage.events(), app.closed.load(Ordering::SeqCst)), (vec!["start work".to_owned()], 0));
            closing.await.unwrap();
        }
        assert_eq!((app.stage.events(), app.closed.load(Ordering::SeqCst)), (vec!["drop work".to_owned()], 1));
    });
    assert_eq!(Arc::strong_count(&app), 1);
}

#[test]
fn the_results_of_spawned_tasks_are_closed() {
    let _deadline = crate::common::deadline();
    let (app, _open) = app();
    app.stage.open("work");
    Builder::new_current_thread().build().unwrap().block_on(async {
        let run = app.run();
        assert_eq!(run.work().await, &0);
        run.close().await.unwrap();
    });
    assert_eq!((app.closed.load(Ordering::SeqCst), Arc::strong_count(&app)), (1, 1));
}

#[test]
fn nothing_is_closed_before_a_task_with_finish_has_ended() {
    let _deadline = crate::common::deadline();
    let (app, _open) = app();
    Builder::new_current_thread().build().unwrap().block_on(async {
        let run = app.run();
        assert!(poll(pin!(run.charge())).is_pending());
        settle().await;
        let mut closing = pin!(run.close());
        assert!(poll(closing.as_mut()).is_pending());
        settle().await;
        assert!(poll(closing.as_mut()).is_pending());
        assert_eq!((app.stage.events(), app.closed.load(Ordering::SeqCst)), (vec!["start charge".to_owned()], 0));
        app.stage.open("charge");
        closing.await.unwrap();
    });
    assert_eq!((app.stage.events(), app.closed.load(Ordering::SeqCst)), (vec!["end charge".to_owned()], 1));
}

#[test]
fn nothing_is_closed_before_a_blocking_body_has_ended() {
    let _deadline = crate::common::deadline();
    let (app, open) = app();
    Builder::new_current_thread().build().unwrap().block_on(async {
        let run = app.run();
        let mut blocked = Box::pin(run.blocked());
        assert!(poll(blocked.as_mut()).is_pending());
        while app.stage.events().is_empty() {
            tokio::task::yield_now().await;
        }
        drop(blocked);
        let mut closing = pin!(run.close());
        assert!(poll(closing.as_mut()).is_pending());
        assert_eq!(app.closed.load(Ordering::SeqCst), 0);
        open.send(()).unwrap();
        closing.await.unwrap();
    });
    assert_eq!(app.closed.load(Ordering::SeqCst), 1);
}

#[test]
fn a_run_on_threads_that_never_started_closes_at_once() {
    let (app, _open) = app();
    assert!(matches!(poll(pin!(app.run().close())), Poll::Ready(Ok(()))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn everything_that_opened_is_closed_once_whenever_the_run_ends() {
    let _deadline = crate::common::deadline();
    let (app, _open) = app();
    app.stage.open("work");
    app.stage.open("charge");
    let mut opened = 0;
    for round in 0..300 {
        let run = app.run();
        {
            let mut both = pin!(async { tokio::join!(run.work(), run.charge()) });
            for _ in 0..round % 5 {
                if poll(both.as_mut()).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        opened += usize::from(run.pool().peek().is_some());
        run.close().await.unwrap();
        assert_eq!(app.closed.load(Ordering::SeqCst), opened);
    }
    assert!(opened > 200);
}
