//! The spans of tasks, as a subscriber sees them. A separate binary, because a process caches whether a span is
//! enabled.
#![cfg(feature = "tracing")]
#![allow(clippy::unused_async, reason = "some tasks here are done at once")]

mod common;

use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::{Arc, Mutex};

use adagio::{Observer, TaskEvent, dag};
use common::{Driven, Stage, now};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::with_default;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

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

/// Records the events of tasks' spans, under their names.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn note(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn lines(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    fn subscriber(&self) -> impl Subscriber + Send + Sync {
        tracing_subscriber::registry().with(self.clone())
    }
}

/// The name of a span, as `Graph.user` of a task.
struct Name(String);

/// Fields as text.
#[derive(Default)]
struct Fields(HashMap<&'static str, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}").replace('"', ""));
    }
}

fn name<'r, R: LookupSpan<'r>>(span: Option<SpanRef<'r, R>>) -> String {
    let name = |span: SpanRef<'r, R>| span.extensions().get::<Name>().map(|name| name.0.clone());
    span.and_then(name).unwrap_or_else(|| "nothing".to_owned())
}

impl<S: Subscriber + for<'r> LookupSpan<'r>> Layer<S> for Notes {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let span = cx.span(id).unwrap();
        let Some(task) = fields.0.get("task") else {
            span.extensions_mut().insert(Name(span.name().to_owned()));
            return;
        };
        let own = format!("{}.{task}", fields.0["dag"]);
        self.note(format!("{own} begins in {}", name(span.parent())));
        span.extensions_mut().insert(Name(own));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, cx: Context<'_, S>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        self.note(format!("{}: {}", name(cx.span(id)), fields.0["outcome"]));
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.note(format!("{} says {}", name(cx.event_span(event)), fields.0["message"]));
    }

    fn on_close(&self, id: Id, cx: Context<'_, S>) {
        let name = name(cx.span(&id));
        if name.contains('.') {
            self.note(format!("{name} is closed"));
        }
    }
}

/// Runs a test in a span of the caller.
fn traced(test: impl FnOnce(&Notes)) {
    let notes = Notes::default();
    with_default(notes.subscriber(), || tracing::info_span!("caller").in_scope(|| test(&notes)));
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
            "Graph.user is closed",
            "Graph.type begins in caller",
            "Graph.type says in the call",
            "Graph.type: done",
            "Graph.type is closed",
            "Graph.cart begins in caller",
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
        let panics = ["Graph.panics begins in caller", "Graph.panics: panicked", "Graph.panics is closed"];
        assert_eq!(lines[lines.len() - 3..], panics);
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

#[cfg(feature = "tokio")]
mod off_thread {
    use super::*;

    struct Away;

    #[dag]
    impl Away {
        #[task(spawn)]
        async fn first(&self) -> u8 {
            tracing::info!("on a worker");
            tokio::task::yield_now().await;
            1
        }

        #[depends(first)]
        #[task(spawn)]
        async fn second(&self, first: u8) -> Result<u8, String> {
            if first == 1 { Err("no".to_owned()) } else { Ok(2) }
        }

        #[depends(first)]
        #[task(blocking)]
        fn third(&self) {
            tracing::info!("on a blocking thread");
        }
    }

    #[test]
    fn tasks_on_other_threads_are_in_the_span_of_the_caller() {
        let notes = Notes::default();
        // Other threads have the subscriber of the program.
        let subscriber = tracing::Dispatch::new(notes.subscriber());
        let of_workers = subscriber.clone();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .on_thread_start(move || {
                let guard = tracing::dispatcher::set_default(&of_workers);
                std::mem::forget(guard);
            })
            .build()
            .unwrap();
        let away = Arc::new(Away);
        tracing::dispatcher::with_default(&subscriber, || {
            tracing::info_span!("caller").in_scope(|| {
                runtime.block_on(async {
                    assert!(away.second().await.is_err());
                    away.third().await;
                });
            });
        });
        drop(runtime);
        let lines = notes.lines();
        let all = |what: &str| lines.iter().filter(|line| line.contains(what)).cloned().collect::<Vec<_>>();
        assert_eq!(
            all("begins"),
            ["first", "second", "first", "third"].map(|task| format!("Away.{task} begins in caller"))
        );
        assert_eq!(all("on a worker"), ["Away.first says on a worker", "Away.first says on a worker"]);
        assert_eq!(all("on a blocking"), ["Away.third says on a blocking thread"]);
        assert_eq!(all(": "), ["Away.first: done", "Away.second: failed", "Away.first: done", "Away.third: done"]);
        assert_eq!(all("is closed").len(), 4);
    }
}

mod inside {
    use super::*;

    struct Rates;

    #[dag]
    impl Rates {
        fn rate(&self) -> Result<u8, String> {
            Err("closed".to_owned())
        }
    }

    struct Pricing;

    #[dag]
    impl Pricing {
        async fn total(&self) -> u8 {
            tracing::info!("adding up");
            1
        }

        #[task(graph)]
        fn rates(&self) -> Rates {
            Rates
        }

        #[depends(rates.rate)]
        fn converted(&self, rate: u8) -> Result<u8, String> {
            if rate == 0 { Err("worthless".to_owned()) } else { Ok(rate) }
        }
    }

    struct Page;

    #[dag]
    impl Page {
        #[task(graph)]
        fn pricing(&self) -> Pricing {
            Pricing
        }

        #[depends(pricing.total)]
        async fn page(&self, total: u8) -> u8 {
            total
        }

        #[depends(pricing.converted)]
        fn bill(&self, converted: u8) -> Result<u8, String> {
            converted.checked_mul(2).ok_or_else(|| "too much".to_owned())
        }
    }

    #[test]
    fn the_tasks_of_a_graph_inside_are_in_the_span_of_the_caller_too() {
        let expected = |parent| {
            let line = |task: &str| [format!("Page.{task} begins in {parent}"), format!("Page.{task}: done")];
            let [begins, done] = line("pricing.total");
            let says = "Page.pricing.total says adding up".to_owned();
            [line("pricing").to_vec(), vec![begins, says, done], line("page").to_vec()].concat()
        };
        traced(|notes| {
            tracing::info_span!("caller").in_scope(|| now(Page.page()));
            assert_eq!(without_closed(notes), expected("caller"));
        });
        traced(|notes| {
            let run = tracing::info_span!("maker").in_scope(|| Page.run());
            assert_eq!(now(run.page()), &1);
            assert_eq!(without_closed(notes), expected("maker"));
        });
    }

    #[test]
    fn a_failure_two_graphs_deep_is_the_end_of_its_span() {
        for is_run in [false, true] {
            traced(|notes| {
                let failed = if is_run { now(Page.run().bill()).is_err() } else { now(Page.bill()).is_err() };
                assert!(failed);
                let lines = without_closed(notes);
                assert_eq!(lines.last().map(String::as_str), Some("Page.pricing.rates.rate: failed"));
            });
        }
    }

    fn without_closed(notes: &Notes) -> Vec<String> {
        notes.lines().into_iter().filter(|line| !line.ends_with("closed")).collect()
    }
}
