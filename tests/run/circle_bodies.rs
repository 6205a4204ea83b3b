//! Bodies that await their own result in many ways: a body that something else may still wake is let wait.

/// The bodies that are the same on any thread.
#[path = "../common/selfish.rs"]
mod selfish;

use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Mutex, OnceLock};
use std::task::{Context, Waker};

use adagio::dag;
use futures::future::{Either, join, select};

use crate::common::{Driven, Stage, forever, yield_once};

type Boxed<'s, T> = Pin<Box<dyn Future<Output = T> + Send + 's>>;
type Body = for<'s> fn(&'s Site) -> Boxed<'s, u64>;

/// `page` is the body of the test; `user` needs it.
struct Site {
    body: Body,
    stage: Stage,
    /// Futures that `page` hands on.
    lent: Mutex<Vec<Boxed<'static, &'static u64>>>,
    run: OnceLock<&'static SiteRun<'static>>,
}

#[dag]
impl Site {
    async fn beside(&self) -> u64 {
        self.stage.gate("beside").await;
        3
    }

    async fn page(&self) -> u64 {
        (self.body)(self).await
    }

    #[depends(page)]
    fn user(&self, page: u64) -> u64 {
        page + 2
    }
}

impl Site {
    fn new(body: Body) -> &'static Self {
        let lent = Mutex::default();
        let site: &'static Self = forever(Self { body, stage: Stage::default(), lent, run: OnceLock::new() });
        site.run.get_or_init(|| forever(site.run()));
        site
    }

    fn own(&self) -> &'static SiteRun<'static> {
        self.run.get().unwrap()
    }

    fn gate(&self) -> Boxed<'_, ()> {
        Box::pin(self.stage.gate("page"))
    }
}

/// The body waits at its gate, whatever happens in the run, and ends when the gate opens.
#[track_caller]
fn goes_on(body: Body) {
    let site = Site::new(body);
    let mut page = Driven::new(site.own().page());
    page.settle();
    // The driver reads the board again for each of these.
    let mut beside = Driven::new(site.own().beside());
    beside.settle();
    page.settle();
    site.stage.open("beside");
    page.settle();
    let mut user = Driven::new(site.own().user());
    user.settle();
    page.settle();
    site.stage.open("page");
    assert_eq!((page.run(), user.run(), beside.run()), (&5, &7, &3));
}

/// The body waits for itself once its gate is open.
#[track_caller]
fn is_accused(body: Body) {
    let site = Site::new(body);
    site.stage.open("page");
    let mut page = Driven::new(site.own().page());
    let payload = catch_unwind(AssertUnwindSafe(|| *page.run())).unwrap_err();
    let message = *payload.downcast::<String>().expect("the message is made of names");
    assert_eq!(message, "task `page` waits for itself: `page` -> `user` -> `page`");
}

#[test]
fn a_body_that_polls_itself_with_another_waker_goes_on() {
    goes_on(|site| {
        Box::pin(async {
            let mut user: Boxed<'static, _> = Box::pin(site.own().user());
            let is_there = user.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
            site.gate().await;
            if is_there { 0 } else { 5 }
        })
    });
}

#[test]
fn a_body_that_has_left_its_waker_elsewhere_goes_on() {
    goes_on(|site| {
        Box::pin(async {
            let mut user: Boxed<'static, _> = Box::pin(site.own().user());
            // The gate has the waker, although its future is not the last that is polled.
            poll_fn(|cx| {
                let gate = pin!(site.stage.gate("page")).poll(cx);
                assert!(user.as_mut().poll(cx).is_pending());
                gate
            })
            .await;
            5
        })
    });
}

#[test]
fn a_body_whose_other_run_waits_goes_on() {
    goes_on(|site| {
        Box::pin(async {
            let other = Site::new(|other| {
                Box::pin(async {
                    other.gate().await;
                    5
                })
            });
            let gate = async {
                site.gate().await;
                other.stage.open("page");
                pending::<()>().await;
            };
            match select(pin!(join(site.own().user(), gate)), other.own().page()).await {
                Either::Left(_) => 0,
                Either::Right((page, _)) => *page,
            }
        })
    });
}

#[test]
fn a_body_that_awaits_itself_through_a_box_is_accused() {
    is_accused(|site| {
        Box::pin(async {
            yield_once().await;
            let user: Boxed<'_, _> = Box::pin(async { *site.own().user().await });
            yield_once().await;
            user.await
        })
    });
}
