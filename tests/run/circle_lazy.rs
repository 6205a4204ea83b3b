//! Circles of a run through lazy dependencies.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use adagio::{Lazy, dag};
use futures::future::{Either, select};

use crate::common::{Driven, Stage, forever};

/// `part` awaits the goal that it is told to; the others ask for it, or for one that does.
struct Parts {
    goal: &'static str,
    stage: Stage,
    run: OnceLock<PartsRun<'static>>,
}

#[dag]
impl Parts {
    async fn part(&self) -> u64 {
        let run = self.run.get().unwrap();
        *match self.goal {
            "whole" => run.whole().await,
            "sum" => run.sum().await,
            "page" => run.page().await,
            "hurried" => run.hurried().await,
            "beside" => run.beside().await,
            _ => unreachable!(),
        }
    }

    #[depends(lazy part)]
    async fn whole(&self, part: Lazy<'_, u64>) -> u64 {
        *part.await
    }

    #[depends(whole)]
    fn sum(&self, whole: u64) -> u64 {
        whole + 1
    }

    #[depends(lazy whole)]
    async fn page(&self, whole: Lazy<'_, u64>) -> u64 {
        *whole.await
    }

    /// Stops waiting when its own gate opens.
    #[depends(lazy part)]
    async fn hurried(&self, part: Lazy<'_, u64>) -> u64 {
        let hurry = std::pin::pin!(self.stage.gate("hurry"));
        match select(part.into_future(), hurry).await {
            Either::Left((part, _)) => *part,
            Either::Right(_) => 5,
        }
    }

    /// Does not ask.
    #[depends(lazy part)]
    async fn beside(&self, part: Lazy<'_, u64>) -> u64 {
        self.stage.gate("beside").await;
        part.peek().map_or(3, |_| 0)
    }
}

impl Parts {
    fn run_itself(goal: &'static str) -> (&'static Self, &'static PartsRun<'static>) {
        let parts: &'static Self = forever(Self { goal, stage: Stage::default(), run: OnceLock::new() });
        (parts, parts.run.get_or_init(|| parts.run()))
    }
}

/// Returns the message of the panic of a future that is polled as often as it wakes.
fn message<T>(mut future: Driven<'_, T>) -> String {
    *catch_unwind(AssertUnwindSafe(|| drop(future.run())))
        .unwrap_err()
        .downcast()
        .expect("the message is made of names")
}

#[test]
fn a_task_that_awaits_the_body_that_asks_for_it_panics_with_the_circle() {
    let (_, run) = Parts::run_itself("whole");
    assert_eq!(message(Driven::new(run.whole())), "task `part` waits for itself: `part` -> `whole` -> `part`");
}

#[test]
fn it_panics_too_when_it_is_asked_for_later() {
    let (_, run) = Parts::run_itself("whole");
    assert_eq!(message(Driven::new(run.part())), "task `part` waits for itself: `part` -> `whole` -> `part`");
}

#[test]
fn a_circle_may_have_several_lazy_dependencies_and_others() {
    let (_, run) = Parts::run_itself("page");
    let circle = "task `part` waits for itself: `part` -> `page` -> `whole` -> `part`";
    assert_eq!(message(Driven::new(run.page())), circle);
    let (_, run) = Parts::run_itself("sum");
    assert_eq!(message(Driven::new(run.sum())), "task `part` waits for itself: `part` -> `sum` -> `whole` -> `part`");
}

#[test]
fn a_body_that_may_give_up_what_it_asks_for_closes_no_circle() {
    let (parts, run) = Parts::run_itself("hurried");
    let mut hurried = Driven::new(run.hurried());
    hurried.settle();
    parts.stage.open("hurry");
    assert_eq!((hurried.run(), Driven::new(run.part()).run()), (&5, &5));
}

#[test]
fn a_lazy_dependency_that_nobody_asks_for_closes_no_circle() {
    let (parts, run) = Parts::run_itself("beside");
    let mut part = Driven::new(run.part());
    part.settle();
    parts.stage.open("beside");
    assert_eq!(part.run(), &3);
}
