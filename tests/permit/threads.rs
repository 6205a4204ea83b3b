//! Permits of tasks on other threads.
#![allow(clippy::unused_async, reason = "some tasks here are done at once")]

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use adagio::dag;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::yield_now;

use crate::common::deadline;

/// Longer than any machine takes to get to work.
const LONG: Duration = Duration::from_secs(60);

/// Runs on one thread, on one worker and on several; a test that hangs fails.
fn everywhere<F: Future<Output = ()>>(test: impl Fn() -> F) {
    let in_time = |test: F| async { tokio::time::timeout(LONG, test).await.expect("it hangs") };
    Builder::new_current_thread().enable_time().build().unwrap().block_on(in_time(test()));
    for threads in [1, 3] {
        workers(threads).block_on(in_time(test()));
    }
}

fn workers(threads: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(threads).enable_time().build().unwrap()
}

struct Pool {
    permits: Semaphore,
    /// How many bodies hold a permit, and the most that did.
    now: AtomicUsize,
    most: AtomicUsize,
    bodies: AtomicUsize,
}

impl Pool {
    fn with(permits: usize) -> Arc<Self> {
        let (now, most, bodies) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        Arc::new(Self { permits: Semaphore::new(permits), now, most, bodies })
    }

    fn enter(&self) {
        self.bodies.fetch_add(1, Ordering::SeqCst);
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
    }

    fn leave(&self) {
        self.now.fetch_sub(1, Ordering::SeqCst);
    }

    async fn work(&self) {
        self.enter();
        for _ in 0..3 {
            yield_now().await;
        }
        self.leave();
    }
}

#[dag(spawn)]
impl Pool {
    #[task(permit = |this| &this.permits)]
    async fn a(&self) {
        self.work().await;
    }

    #[task(permit = |this| &this.permits)]
    async fn b(&self) {
        self.work().await;
    }

    #[depends(a)]
    #[task(permit = |this| &this.permits, retry = 1, backoff = "1ms..1ms")]
    async fn c(&self) -> Result<(), &'static str> {
        self.work().await;
        if self.bodies.load(Ordering::SeqCst) < 5 { Err("again") } else { Ok(()) }
    }

    #[task(permit = |this| &this.permits, inline)]
    async fn d(&self) {
        self.work().await;
    }

    #[task(permit = |this| &this.permits, blocking)]
    fn e(&self) {
        self.enter();
        self.leave();
    }

    #[depends(e)]
    #[task(permit = |this| &this.permits, finish)]
    async fn f(&self) {
        self.work().await;
    }

    #[depends(a, b, c, d, e, f)]
    async fn all_done(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

#[test]
fn tasks_on_all_threads_share_the_permits() {
    let _deadline = deadline();
    for permits in 1..3 {
        everywhere(|| async move {
            let pool = Pool::with(permits);
            let most = pool.all_done().await.unwrap_or_default();
            assert!(most <= permits, "{most} of {permits}");
            assert_eq!(pool.permits.available_permits(), permits);
        });
    }
}

#[test]
fn under_a_limit_they_share_slots_and_permits() {
    let _deadline = deadline();
    for (permits, slots) in [(1, 1), (1, 2), (2, 1), (3, 2)] {
        everywhere(|| async move {
            let pool = Pool::with(permits);
            let run = pool.run().max_concurrency(slots);
            let most = run.all_done().await.copied().unwrap_or_default();
            drop(run);
            assert!(most <= permits.min(slots), "{most} of {permits} and {slots}");
            // A worker may let go of its last body after the run has ended.
            let all = pool.permits.acquire_many(u32::try_from(permits).unwrap()).await;
            assert!(all.is_ok());
        });
    }
}

#[test]
fn a_spawned_task_that_waits_for_its_permit_gives_its_slot_to_another() {
    let _deadline = deadline();
    everywhere(|| async {
        let queue = Arc::new(Queue { permits: Semaphore::new(0) });
        let run = queue.run();
        assert_eq!(run.both().await, &());
    });
}

struct Queue {
    permits: Semaphore,
}

#[dag(spawn, max_concurrency = 1)]
impl Queue {
    #[task(permit = |this| &this.permits)]
    async fn waits(&self) {}

    async fn opens(&self) {
        yield_now().await;
        self.permits.add_permits(1);
    }

    #[depends(waits, opens)]
    async fn both(&self) {}
}

struct Charge {
    permits: Semaphore,
    charged: Semaphore,
}

#[dag(spawn, max_concurrency = 1)]
impl Charge {
    async fn beside(&self) {
        std::future::pending::<()>().await;
    }

    #[task(finish, permit = |this| &this.permits)]
    async fn charge(&self) {
        self.charged.add_permits(1);
    }

    #[depends(beside, charge)]
    async fn both(&self) {}
}

#[test]
fn a_task_with_finish_needs_no_slot_once_its_run_is_dropped() {
    let _deadline = deadline();
    everywhere(|| async {
        let charge = Arc::new(Charge { permits: Semaphore::new(1), charged: Semaphore::new(0) });
        let run = charge.run();
        {
            let mut both = std::pin::pin!(run.both());
            // It takes the permit, and the only slot is taken.
            while charge.permits.available_permits() == 1 {
                assert!(futures::poll!(&mut both).is_pending());
                yield_now().await;
            }
        }
        assert_eq!(charge.charged.available_permits(), 0);
        drop(run);
        assert!(charge.charged.acquire().await.is_ok());
        assert!(charge.permits.acquire().await.is_ok());
    });
}

struct Disk {
    permits: Semaphore,
    begun: Mutex<Sender<()>>,
    end: Mutex<Receiver<()>>,
}

#[dag]
impl Disk {
    #[task(blocking, permit = |this| &this.permits)]
    fn write(&self) {
        self.begun.lock().unwrap().send(()).unwrap();
        self.end.lock().unwrap().recv_timeout(LONG).unwrap();
    }

    #[task(blocking, permit = |this| &this.permits)]
    fn fails(&self) -> Result<(), &'static str> {
        Err("full")
    }

    #[task(blocking, permit = |this| &this.permits)]
    fn panics(&self) {
        panic!("oh");
    }
}

fn disk() -> (Arc<Disk>, Receiver<()>, Sender<()>) {
    let ((begun, has_begun), (end, ends)) = (channel(), channel());
    let disk = Disk { permits: Semaphore::new(1), begun: Mutex::new(begun), end: Mutex::new(ends) };
    (Arc::new(disk), has_begun, end)
}

#[test]
fn a_blocking_body_keeps_its_permit_until_it_returns_even_if_its_caller_has_gone() {
    let _deadline = deadline();
    let runtime = workers(1);
    let (disk, has_begun, end) = disk();
    let call = runtime.spawn({
        let disk = Arc::clone(&disk);
        async move { disk.write().await }
    });
    has_begun.recv_timeout(LONG).unwrap();
    call.abort();
    assert!(runtime.block_on(call).unwrap_err().is_cancelled());
    assert_eq!(disk.permits.available_permits(), 0);
    end.send(()).unwrap();
    let permit = runtime.block_on(async { tokio::time::timeout(LONG, disk.permits.acquire()).await });
    assert!(permit.unwrap().is_ok());
}

#[test]
fn a_blocking_task_waits_for_its_permit_without_a_thread() {
    let _deadline = deadline();
    // With one thread for blocking tasks, a second one that blocked while it waits would never let this end.
    let runtime = Builder::new_current_thread().max_blocking_threads(1).enable_time().build().unwrap();
    let (disk, has_begun, end) = disk();
    runtime.block_on(async {
        let taken = disk.permits.acquire().await.unwrap();
        let (first, second) = (Arc::clone(&disk), Arc::clone(&disk));
        let calls =
            [tokio::spawn(async move { first.write().await }), tokio::spawn(async move { second.write().await })];
        yield_now().await;
        tokio::task::spawn_blocking(|| ()).await.unwrap();
        assert!(has_begun.try_recv().is_err());
        drop(taken);
        end.send(()).unwrap();
        end.send(()).unwrap();
        for call in calls {
            tokio::time::timeout(LONG, call).await.unwrap().unwrap();
        }
    });
    assert_eq!(disk.permits.available_permits(), 1);
}

#[test]
fn a_blocking_task_that_fails_or_panics_gives_its_permit_back() {
    let _deadline = deadline();
    everywhere(|| async {
        let (disk, _, _) = disk();
        assert_eq!(disk.fails().await, Err("full"));
        assert_eq!(disk.permits.available_permits(), 1);
        let call = Arc::clone(&disk);
        assert!(tokio::spawn(async move { call.panics().await }).await.unwrap_err().is_panic());
        assert_eq!(disk.permits.available_permits(), 1);
    });
}

#[test]
fn a_spawned_task_that_waits_for_its_permit_leaves_the_queue_with_its_caller() {
    let _deadline = deadline();
    everywhere(|| async {
        let pool = Pool::with(1);
        let taken = pool.permits.acquire().await.unwrap();
        let call = Arc::clone(&pool);
        let call = tokio::spawn(async move { call.a().await });
        for _ in 0..10 {
            yield_now().await;
        }
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
        drop(taken);
        // Whatever was queued is gone: the next permit is for who asks next.
        drop(pool.permits.acquire().await.unwrap());
        assert_eq!(pool.bodies.load(Ordering::SeqCst), 0);
    });
}
