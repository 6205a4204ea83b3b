//! Waiters that are dropped at any poll while the run finds out whether a body waits for itself.

use std::pin::pin;
use std::sync::{Arc, OnceLock};

use adagio::{Lazy, dag};
use futures::future::{Either, select};

use crate::common::{Stage, forever};
use crate::leavers::{ENDED, Leaving, Told, Waiter};

/// `page` awaits `user`, which needs it.
struct Site {
    /// `page` also waits at a gate, and may continue without `user`.
    has_gate: bool,
    stage: Stage,
    /// Each body that is there has a clone.
    bodies: Arc<()>,
    run: OnceLock<SiteRun<'static>>,
}

#[dag]
impl Site {
    async fn page(&self) -> u64 {
        let _body = Arc::clone(&self.bodies);
        let user = self.run.get().unwrap().user();
        if !self.has_gate {
            return *user.await;
        }
        match select(user, pin!(self.stage.gate("page"))).await {
            Either::Left((user, _)) => *user,
            Either::Right(_) => 5,
        }
    }

    #[depends(page)]
    fn user(&self, page: u64) -> u64 {
        page + 2
    }

    fn beside(&self) -> u64 {
        3
    }
}

/// `page` awaits `user`, which asks for it.
struct Asking {
    /// `user` also waits at a gate, and may continue without `page`.
    has_gate: bool,
    stage: Stage,
    bodies: Arc<()>,
    run: OnceLock<AskingRun<'static>>,
}

#[dag]
impl Asking {
    async fn page(&self) -> u64 {
        let _body = Arc::clone(&self.bodies);
        *self.run.get().unwrap().user().await
    }

    #[depends(lazy page)]
    async fn user(&self, page: Lazy<'_, u64>) -> u64 {
        let _body = Arc::clone(&self.bodies);
        if !self.has_gate {
            return page.await + 2;
        }
        match select(page.into_future(), pin!(self.stage.gate("page"))).await {
            Either::Left((page, _)) => page + 2,
            Either::Right(_) => 7,
        }
    }

    fn beside(&self) -> u64 {
        3
    }
}

/// Drops at all polls, and checks the outcomes. `$change` is done to each run before it is used.
macro_rules! at_every_poll {
    ($Object:ident, has_gate: $has_gate:literal, $change:expr, $check:expr) => {
        for leaving in Leaving::all() {
            let bodies = Arc::new(());
            let (has_gate, stage, run) = ($has_gate, Stage::default(), OnceLock::new());
            let object: &'static $Object = forever($Object { has_gate, stage, bodies: Arc::clone(&bodies), run });
            let run = object.run.get_or_init(|| $change(object.run()));
            let user = || Waiter::new(run.user());
            let told = leaving.watch(Waiter::new(run.page()), &user, || object.stage.open("page"), &|| {});
            $check(leaving, &told);
            assert_eq!(Waiter::new(run.beside()).end(&|| {}).is_ok(), $has_gate, "{leaving:?}");
            assert_eq!(Arc::strong_count(&bodies), 2, "only the object has one, {leaving:?}");
        }
    };
}

/// The first waiter is told of the circle, and each later one of the end of the run.
fn is_accused(leaving: Leaving, told: &[Told]) {
    let mut told = told.iter().map(|told| told.as_ref().unwrap_err());
    assert_eq!(told.next().unwrap(), "task `page` waits for itself: `page` -> `user` -> `page`", "{leaving:?}");
    assert!(told.all(|message| message == ENDED), "{leaving:?}");
}

#[test]
fn a_body_that_may_continue_serves_the_waiters_that_are_left() {
    at_every_poll!(Site, has_gate: true, |run| run, Leaving::assert_served);
}

#[test]
fn a_body_that_may_continue_starts_anew_for_later_waiters_once_it_was_abandoned() {
    at_every_poll!(Site, has_gate: true, |run: SiteRun<'static>| run.cancel_abandoned(), Leaving::assert_served);
}

#[test]
fn a_body_that_waits_for_itself_is_found_by_the_waiters_that_are_left() {
    at_every_poll!(Site, has_gate: false, |run| run, is_accused);
    at_every_poll!(Site, has_gate: false, |run: SiteRun<'static>| run.cancel_abandoned(), is_accused);
}

#[test]
fn a_body_that_may_stop_asking_serves_the_waiters_that_are_left() {
    at_every_poll!(Asking, has_gate: true, |run| run, Leaving::assert_served);
    at_every_poll!(Asking, has_gate: true, |run: AskingRun<'static>| run.cancel_abandoned(), Leaving::assert_served);
}

#[test]
fn a_circle_through_an_ask_is_found_by_the_waiters_that_are_left() {
    at_every_poll!(Asking, has_gate: false, |run| run, is_accused);
    at_every_poll!(Asking, has_gate: false, |run: AskingRun<'static>| run.cancel_abandoned(), is_accused);
}
