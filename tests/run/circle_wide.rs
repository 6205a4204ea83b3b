//! A task that waits for itself, in a run where each task under way has a waker of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::OnceLock;

use adagio::dag;
use futures::future::{Either, select};

use crate::common::{Driven, Stage, forever};

/// `page` awaits `user`, which needs it.
struct Wide {
    /// `page` also waits at a gate, and may continue without `user`.
    has_gate: bool,
    stage: Stage,
    run: OnceLock<WideRun<'static>>,
}

macro_rules! wide {
    ([] $($task:ident)*) => {
        #[dag]
        impl Wide {
            $(
                async fn $task(&self) {
                    self.stage.gate(stringify!($task)).await;
                }
            )*

            async fn first(&self) -> u64 {
                self.stage.gate("first").await;
                1
            }

            #[depends(first)]
            async fn page(&self, first: u64) -> u64 {
                let user = self.run.get().unwrap().user();
                if !self.has_gate {
                    return *user.await;
                }
                match select(user, pin!(self.stage.gate("page"))).await {
                    Either::Left((user, _)) => *user,
                    Either::Right(_) => first + 4,
                }
            }

            #[depends(page)]
            fn user(&self, page: u64) -> u64 {
                page + 2
            }

            #[depends(user, $($task),*)]
            fn goal(&self, user: u64) -> u64 {
                user
            }
        }
    };
}

names! { 64 => wide [] }

impl Wide {
    fn new(has_gate: bool) -> (&'static Self, &'static WideRun<'static>) {
        let wide: &'static Self = forever(Self { has_gate, stage: Stage::default(), run: OnceLock::new() });
        (wide, wide.run.get_or_init(|| wide.run()))
    }
}

#[test]
fn a_task_that_waits_for_itself_beside_many_is_found() {
    for wakes in 0..3 {
        let (wide, run) = Wide::new(false);
        let mut goal = Driven::new(run.goal());
        goal.settle();
        for task in ["t003", "t004"].into_iter().take(wakes) {
            wide.stage.open(task);
            goal.settle();
        }
        wide.stage.open("first");
        let payload = catch_unwind(AssertUnwindSafe(|| goal.settle())).expect_err("it waits forever");
        let message = payload.downcast::<String>().expect("the message is made of names");
        assert_eq!(*message, "task `page` waits for itself: `page` -> `user` -> `page`");
    }
}

#[test]
fn a_task_beside_many_that_may_continue_is_let_wait() {
    let (wide, run) = Wide::new(true);
    let mut goal = Driven::new(run.goal());
    goal.settle();
    wide.stage.open("first");
    goal.settle();
    wide.stage.open("page");
    assert_eq!(Driven::new(run.user()).run(), &7);
}
