//! Futures of a run that a body polls and hands on: they accuse the body no more.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Mutex, OnceLock};
use std::task::Poll;

use adagio::dag;

use crate::common::{Driven, Stage, forever};

type Lent = Pin<Box<dyn Future<Output = &'static u64> + Send>>;

/// `page` polls a future once for others; `reader` takes it over.
#[derive(Default)]
struct Lending {
    stage: Stage,
    returns_at_once: bool,
    lent: Mutex<Option<Lent>>,
    run: OnceLock<LendingRun<'static>>,
}

#[dag]
impl Lending {
    async fn page(&self) -> u64 {
        let mut user = self.lent.lock().unwrap().take().unwrap();
        let is_there = poll_fn(|cx| Poll::Ready(user.as_mut().poll(cx).is_ready())).await;
        *self.lent.lock().unwrap() = Some(user);
        if !self.returns_at_once {
            self.stage.gate("page").await;
        }
        if is_there { 0 } else { 5 }
    }

    #[depends(page)]
    async fn user(&self, page: u64) -> u64 {
        self.stage.gate("user").await;
        page + 2
    }

    async fn reader(&self) -> u64 {
        self.stage.gate("reader").await;
        let user = self.lent.lock().unwrap().take().unwrap();
        *user.await
    }
}

impl Lending {
    fn run_itself(returns_at_once: bool) -> (&'static Self, &'static LendingRun<'static>) {
        let lending = forever(Self { returns_at_once, ..Self::default() });
        let run = lending.run.get_or_init(|| lending.run());
        *lending.lent.lock().unwrap() = Some(Box::pin(run.user()));
        (lending, run)
    }
}

#[test]
fn a_future_that_another_body_has_polled_since_accuses_the_first_no_more() {
    let (lending, run) = Lending::run_itself(false);
    let mut reader = Driven::new(run.reader());
    assert!(reader.poll().is_pending());
    lending.stage.open("reader");
    let mut page = Driven::new(run.page());
    for _ in 0..3 {
        assert!(page.poll().is_pending() && reader.poll().is_pending());
    }
    lending.stage.open("page");
    lending.stage.open("user");
    assert_eq!((page.run(), reader.run()), (&5, &7));
}

#[test]
fn a_future_that_outlives_the_body_that_polled_it_accuses_nobody() {
    let (lending, run) = Lending::run_itself(true);
    assert_eq!(Driven::new(run.page()).run(), &5);
    let mut user = Driven::new(run.user());
    for _ in 0..3 {
        assert!(user.poll().is_pending());
    }
    lending.stage.open("user");
    assert_eq!(user.run(), &7);
}
