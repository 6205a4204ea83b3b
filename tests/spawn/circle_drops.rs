//! Waiters that are dropped at any poll while the run finds out whether a spawned body waits for itself.
#![allow(clippy::unused_async, reason = "some tasks here are done at once")]

use std::pin::pin;
use std::sync::{Arc, OnceLock};

use adagio::dag;
use futures::future::{Either, select};
use tokio::runtime::Builder;
use tokio::task::yield_now;

use crate::common::{Stage, deadline, forever};
use crate::leavers::{ENDED, Leaving, Told, Waiter};

/// `page` awaits `user`, which needs it.
struct Site {
    /// `page` also waits at a gate, and may continue without `user`.
    has_gate: bool,
    stage: Stage,
    /// Each body that is there has a clone.
    bodies: Arc<()>,
    run: OnceLock<SiteRun>,
}

#[dag(spawn)]
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
    async fn user(&self, page: &u64) -> u64 {
        page + 2
    }

    async fn beside(&self) -> u64 {
        3
    }
}

/// Drops at all polls, and checks the outcomes.
fn at_every_poll(has_gate: bool, change: impl Fn(SiteRun) -> SiteRun, check: impl Fn(Leaving, &[Told])) {
    let runtime = Builder::new_current_thread().build().unwrap();
    let _entered = runtime.enter();
    let pause = || {
        runtime.block_on(async {
            for _ in 0..30 {
                yield_now().await;
            }
        });
    };
    for leaving in Leaving::all() {
        let bodies = Arc::new(());
        let (stage, run) = (Stage::default(), OnceLock::new());
        let site: &'static Arc<Site> = forever(Arc::new(Site { has_gate, stage, bodies: Arc::clone(&bodies), run }));
        let run: &'static SiteRun = site.run.get_or_init(|| change(site.run()));
        let user = || Waiter::new(run.user());
        let told = leaving.watch(Waiter::new(run.page()), &user, || site.stage.open("page"), &pause);
        check(leaving, &told);
        assert_eq!(Waiter::new(run.beside()).end(&pause).is_ok(), has_gate, "{leaving:?}");
        assert_eq!(Arc::strong_count(&bodies), 2, "only the object has one, {leaving:?}");
    }
}

/// The body may drive the run itself, and then all other waiters see that the run has ended.
fn is_accused(leaving: Leaving, told: &[Told]) {
    let accusation = "task `page` waits for itself: `page` -> `user` -> `page`";
    let is_right = |told: &Told| told.as_ref().is_err_and(|message| message == accusation || message == ENDED);
    assert!(told.iter().all(is_right), "{told:?}, {leaving:?}");
}

#[test]
fn a_spawned_body_that_may_continue_serves_the_waiters_that_are_left() {
    let _deadline = deadline();
    at_every_poll(true, |run| run, Leaving::assert_served);
    at_every_poll(true, SiteRun::cancel_abandoned, Leaving::assert_served);
}

#[test]
fn a_spawned_body_that_waits_for_itself_is_found_by_the_waiters_that_are_left() {
    let _deadline = deadline();
    at_every_poll(false, |run| run, is_accused);
    at_every_poll(false, SiteRun::cancel_abandoned, is_accused);
}
