//! Every future that waits for tasks, dropped after each number of polls, and with a body that panics at each of its polls:
//! nothing is left, and the future says whether a task failed.

use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use adagio::{Events, Scope, Task, first, outcomes, scope, scope_with};
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;

/// The number of polls of a body.
const POLLS: usize = 3;

/// The bodies of the tasks of a future. They hold the witness until they have ended.
#[derive(Clone)]
struct Bodies {
    witness: Arc<()>,
    /// The poll at which one of them panics.
    panics_at: Option<usize>,
}

impl Bodies {
    async fn quiet(self) -> u32 {
        for _ in 1..POLLS {
            yield_now().await;
        }
        drop(self.witness);
        1
    }

    async fn may_panic(self) -> u32 {
        for poll in 0..POLLS {
            assert!(self.panics_at != Some(poll), "at poll {poll}");
            if poll + 1 < POLLS {
                yield_now().await;
            }
        }
        drop(self.witness);
        1
    }

    fn tasks(&self) -> [Task<u32>; 2] {
        [Task::spawn(self.clone().may_panic()), Task::spawn(self.clone().quiet())]
    }
}

/// Its output is whether no task has failed.
type Waits = Pin<Box<dyn Future<Output = bool> + Send>>;

fn keep_going(bodies: Bodies) -> Waits {
    Box::pin(async move {
        let (results, failures) = Scope::new().keep_going().run(async { bodies.tasks() }).await;
        assert_eq!(results[1].clone().await.unwrap(), 1);
        failures.is_empty()
    })
}

fn caught(bodies: Bodies) -> Waits {
    Box::pin(async move {
        let inside = scope(async move {
            let [may_panic, quiet] = bodies.tasks();
            let caught = may_panic.caught();
            drop(may_panic);
            assert_eq!(quiet.await.unwrap(), 1);
            caught.await.unwrap()
        });
        inside.await.unwrap().is_ok()
    })
}

fn take(bodies: Bodies) -> Waits {
    Box::pin(async move {
        let [may_panic, _quiet] = bodies.tasks();
        may_panic.take().await.is_ok()
    })
}

fn first_of(bodies: Bodies) -> Waits {
    Box::pin(async move { first(2, bodies.tasks()).await.is_ok() })
}

fn outcomes_of(bodies: Bodies) -> Waits {
    Box::pin(async move {
        let mut outcomes = outcomes(bodies.tasks());
        let mut failures = 0;
        while let Some(outcome) = outcomes.next().await {
            failures += usize::from(outcome.is_err());
        }
        failures == 0
    })
}

fn scope_with_handle(bodies: Bodies) -> Waits {
    Box::pin(async move {
        let inside = scope_with(|scope| async move {
            let bodies_inside = bodies.clone();
            let made = tokio::spawn(async move { scope.enter(|| bodies_inside.tasks()).is_ok() });
            made.await.unwrap()
        });
        // A scope that has failed meanwhile refuses the tasks.
        inside.await.is_ok()
    })
}

fn events(bodies: Bodies) -> Waits {
    Box::pin(async move {
        let mut events = Events::new(64);
        let run = Scope::new().observe(events.observer()).run(async move { drop(bodies.tasks()) });
        let read = async { while events.next().await.is_some() {} };
        futures::join!(run, read).0.is_ok()
    })
}

type Make = fn(Bodies) -> Waits;

const FUTURES: [(&str, Make); 7] = [
    ("keep_going", keep_going),
    ("caught", caught),
    ("take", take),
    ("first", first_of),
    ("outcomes", outcomes_of),
    ("scope_with", scope_with_handle),
    ("events", events),
];

async fn until_nothing_is_left(witness: &Arc<()>) {
    while Arc::strong_count(witness) > 1 {
        yield_now().await;
    }
}

/// Polls a future so often, then drops it. Returns whether it had ended before.
async fn drop_after(polls: usize, mut future: Waits, name: &str) -> bool {
    for _ in 0..polls {
        if let Poll::Ready(is_ok) = futures::poll!(future.as_mut()) {
            assert!(is_ok, "{name}");
            return true;
        }
        yield_now().await;
    }
    false
}

/// Returns the number of polls after which the future had ended, if it had.
fn drop_after_each_number_of_polls(runtime: &Runtime, name: &str, make: Make) -> Option<usize> {
    let witness = Arc::new(());
    runtime.block_on(async {
        for polls in 0..10 {
            let future = make(Bodies { witness: Arc::clone(&witness), panics_at: None });
            let has_ended = drop_after(polls, future, name).await;
            until_nothing_is_left(&witness).await;
            if has_ended {
                return Some(polls);
            }
        }
        None
    })
}

fn panic_at_every_poll(runtime: &Runtime) {
    for (name, make) in FUTURES {
        for panics_at in (0..POLLS).map(Some).chain([None]) {
            let witness = Arc::new(());
            let is_ok = runtime.block_on(async {
                let is_ok = make(Bodies { witness: Arc::clone(&witness), panics_at }).await;
                until_nothing_is_left(&witness).await;
                is_ok
            });
            assert_eq!(is_ok, panics_at.is_none(), "{name}, {panics_at:?}");
        }
    }
}

fn one_thread() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

fn many_threads() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).build().unwrap()
}

#[test]
fn whatever_is_dropped_after_any_number_of_polls_leaves_nothing() {
    let _deadline = crate::common::deadline();
    for (name, make) in FUTURES {
        let ended_after = drop_after_each_number_of_polls(&one_thread(), name, make);
        assert!(matches!(ended_after, Some(3..)), "{name} ended after {ended_after:?}: too few drops came before");
    }
}

#[test]
fn on_many_threads_whatever_is_dropped_after_any_number_of_polls_leaves_nothing() {
    let _deadline = crate::common::deadline();
    let runtime = many_threads();
    for (name, make) in FUTURES {
        // How many polls a future needs depends on the other threads.
        for _ in 0..20 {
            drop_after_each_number_of_polls(&runtime, name, make);
        }
    }
}

#[test]
fn a_panic_at_any_poll_of_a_body_is_told_and_leaves_nothing() {
    let _deadline = crate::common::deadline();
    panic_at_every_poll(&one_thread());
}

#[test]
fn on_many_threads_a_panic_at_any_poll_of_a_body_is_told_and_leaves_nothing() {
    let _deadline = crate::common::deadline();
    panic_at_every_poll(&many_threads());
}
