//! The spans of tasks, as a subscriber sees them. A separate binary, because a process caches whether a span is
//! enabled.
#![cfg(feature = "tracing")]
#![allow(clippy::unused_async, reason = "some tasks here are done at once")]

#[path = "../common/mod.rs"]
mod common;

mod each;
#[cfg(feature = "tokio")]
mod functions;
mod inside;
mod links;
mod notes;
#[cfg(feature = "tokio")]
mod threads;

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};

use adagio::{Observer, TaskEvent, dag};
use common::{Driven, Stage, now};
use notes::traced;

#[derive(Default)]
struct Graph {
    stage: Stage,
}

#[dag]
impl Graph {
    async fn user(&self) -> u8 {
        tracing::info!("in the body");
        self.stage.act("user").await;
        tracing::info!("in the body once more");
        1
    }

    #[depends(user)]
    fn r#type(&self, user: u8) -> u8 {
        tracing::info!("in the call");
        user
    }

    #[depends(r#type)]
    async fn cart(&self) -> Result<u8, String> {
        Err("empty".to_owned())
    }

    #[depends(cart)]
    async fn quote(&self) {}

    async fn slow(&self) {
        self.stage.act("slow").await;
    }

    #[depends(slow, quote)]
    async fn page(&self) {}

    #[depends(user)]
    async fn panics(&self) {
        panic_any("payload")
    }
}

#[test]
fn a_task_of_a_terminal_has_a_span_in_that_of_the_caller() {
    traced(|notes| {
        let graph = Graph::default();
        let mut cart = Driven::new(graph.cart());
        assert!(notes.lines().is_empty());
        assert!(cart.poll().is_pending());
        assert_eq!(notes.lines(), ["Graph.user begins in caller", "Graph.user says in the body"]);
        graph.stage.open("user");
        assert!(cart.poll().is_ready());
        let expected = [
            "Graph.user says in the body once more",
            "Graph.user: done",
            "Graph.type begins in caller",
            "Graph.type follows from Graph.user",
            "Graph.user is closed",
            "Graph.type says in the call",
            "Graph.type: done",
            "Graph.cart begins in caller",
            "Graph.cart follows from Graph.type",
            "Graph.type is closed",
            "Graph.cart: failed",
            "Graph.cart is closed",
        ];
        assert_eq!(notes.lines(), expected);
    });
}

#[test]
fn what_is_dropped_is_cancelled_and_what_panics_has_panicked() {
    traced(|notes| {
        let graph = Graph::default();
        let mut slow = Driven::new(graph.slow());
        assert!(slow.poll().is_pending());
        drop(slow);
        assert_eq!(notes.lines()[1..], ["Graph.slow: cancelled", "Graph.slow is closed"]);
        graph.stage.open("user");
        assert!(catch_unwind(AssertUnwindSafe(|| now(graph.panics()))).is_err());
        let lines = notes.lines();
        let panics = ["Graph.panics: panicked", "Graph.panics is closed"];
        assert_eq!(lines[lines.len() - 2..], panics);
    });
}

#[test]
fn the_tasks_of_a_run_are_in_the_span_in_which_it_was_made() {
    traced(|notes| {
        let graph = Graph::default();
        let run = graph.run();
        graph.stage.open("user");
        tracing::info_span!("elsewhere").in_scope(|| {
            assert!(Driven::new(run.slow()).poll().is_pending());
            assert!(now(run.page()).is_err());
        });
        let lines = notes.lines();
        let begins = lines.iter().filter(|line| line.contains("begins")).cloned().collect::<Vec<_>>();
        let expected = ["slow", "user", "type", "cart"].map(|task| format!("Graph.{task} begins in caller"));
        assert_eq!(begins, expected);
        assert!(lines.contains(&"Graph.cart: failed".to_owned()), "{lines:?}");
        drop(run);
        assert_eq!(notes.lines(), ["Graph.slow: cancelled", "Graph.slow is closed"]);
    });
}

#[test]
fn a_limited_terminal_has_spans_too() {
    struct Limited;

    #[dag(max_concurrency = 1)]
    impl Limited {
        fn only(&self) {}
    }

    traced(|notes| {
        now(Limited.only());
        assert_eq!(notes.lines(), ["Limited.only begins in caller", "Limited.only: done", "Limited.only is closed"]);
    });
}

struct Hostile;

impl Observer for Hostile {
    fn started(&self, _: &TaskEvent<'_>) {
        panic_any("an observer");
    }
}

#[test]
fn an_observer_that_panics_is_told_of_once() {
    traced(|notes| {
        let graph = Graph::default();
        graph.stage.open("user");
        now(graph.run().observe(Hostile).r#type());
        let lines = notes.lines();
        let told = lines.iter().filter(|line| line.contains("an observer panicked: it is told nothing more"));
        assert_eq!(told.count(), 1, "{lines:?}");
    });
}
