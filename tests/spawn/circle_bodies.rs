//! Spawned bodies that await their own result in many ways: a body that something else may still wake is let wait.
#![allow(clippy::unused_async, reason = "some tasks here are done at once")]

/// The bodies that are the same on any thread.
#[path = "../common/selfish.rs"]
mod selfish;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use adagio::dag;
use tokio::runtime::Builder;
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::common::{Stage, deadline, forever};

type Boxed<'s, T> = Pin<Box<dyn Future<Output = T> + Send + 's>>;
type Body = for<'s> fn(&'s Site) -> Boxed<'s, u64>;

/// `page` is the body of the test; `user` needs it.
struct Site {
    body: Body,
    stage: Stage,
    /// Futures that `page` hands on.
    lent: Mutex<Vec<Boxed<'static, &'static u64>>>,
    run: OnceLock<&'static SiteRun>,
}

#[dag(spawn)]
impl Site {
    async fn page(&self) -> u64 {
        (self.body)(self).await
    }

    #[depends(page)]
    async fn user(&self, page: &u64) -> u64 {
        page + 2
    }

    async fn beside(&self) -> u64 {
        self.stage.gate("beside").await;
        3
    }
}

impl Site {
    fn new(body: Body) -> &'static Self {
        let lent = Mutex::default();
        let site: &'static Arc<Self> =
            forever(Arc::new(Self { body, stage: Stage::default(), lent, run: OnceLock::new() }));
        site.run.get_or_init(|| forever(site.run()));
        site
    }

    fn own(&self) -> &'static SiteRun {
        self.run.get().unwrap()
    }

    fn gate(&self) -> Boxed<'_, ()> {
        Box::pin(self.stage.gate("page"))
    }
}

async fn settle() {
    for _ in 0..30 {
        yield_now().await;
    }
}

/// The body waits at its gate, whatever happens in the run, and ends when the gate opens.
#[track_caller]
fn goes_on(body: Body) {
    let _deadline = deadline();
    let site = Site::new(body);
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(async {
        let page = tokio::spawn(async { *site.own().page().await });
        settle().await;
        // The driver reads the board again for each of these.
        let beside = tokio::spawn(async { *site.own().beside().await });
        settle().await;
        site.stage.open("beside");
        settle().await;
        let user = tokio::spawn(async { *site.own().user().await });
        settle().await;
        site.stage.open("page");
        assert_eq!((page.await.unwrap(), user.await.unwrap(), beside.await.unwrap()), (5, 7, 3));
    });
    let threads = Builder::new_multi_thread().worker_threads(3).enable_time().build().unwrap();
    for _ in 0..100 {
        let site = Site::new(body);
        threads.block_on(async {
            let page = tokio::spawn(async { *site.own().page().await });
            let beside = tokio::spawn(async { *site.own().beside().await });
            site.stage.open("beside");
            let user = tokio::spawn(async { *site.own().user().await });
            yield_now().await;
            site.stage.open("page");
            assert_eq!((page.await.unwrap(), user.await.unwrap(), beside.await.unwrap()), (5, 7, 3));
        });
    }
}

/// The body waits for itself once its gate is open.
#[track_caller]
fn is_accused(body: Body) {
    let _deadline = deadline();
    let accusation = "task `page` waits for itself: `page` -> `user` -> `page`";
    let one = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let threads = Builder::new_multi_thread().worker_threads(3).enable_time().build().unwrap();
    for runtime in [&one, &threads] {
        let site = Site::new(body);
        site.stage.open("page");
        let ended = catch_unwind(AssertUnwindSafe(|| runtime.block_on(async { *site.own().page().await })));
        let message = *ended.unwrap_err().downcast::<String>().expect("the message is made of names");
        // On several threads, the body itself may drive the run, and then another waiter sees that it has ended.
        let is_told = message == accusation || message == "the run has ended: task `page` panicked";
        assert!(is_told, "{message}");
    }
}

#[test]
fn a_spawned_body_with_a_timeout_goes_on() {
    let _deadline = deadline();
    goes_on(|site| {
        Box::pin(async {
            let user: Boxed<'static, _> = Box::pin(site.own().user());
            assert!(timeout(Duration::from_millis(1), user).await.is_err());
            site.gate().await;
            5
        })
    });
}
