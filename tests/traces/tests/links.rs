//! The spans of tasks as an exporter of OpenTelemetry has them: the parent, and the link to the task that released each.
#![allow(clippy::unused_async, reason = "these tasks only depend on each other")]

#[path = "../../common/mod.rs"]
mod common;

use std::sync::Arc;

use adagio::dag;
use common::deadline;
use opentelemetry::trace::{SpanId, TracerProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tracing::Dispatch;
use tracing_subscriber::layer::SubscriberExt;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> u64 {
        1
    }

    #[depends(user)]
    async fn cart(&self, user: u64) -> u64 {
        user + 1
    }

    #[depends(user)]
    async fn coupon(&self) -> Result<u64, String> {
        Err("expired".to_owned())
    }

    #[depends(cart, catch coupon)]
    async fn price(&self, cart: u64, coupon: Option<&u64>) -> u64 {
        cart - coupon.unwrap_or(&0)
    }
}

struct Warehouse;

#[dag]
impl Warehouse {
    #[task(spawn)]
    async fn stock(&self) -> u64 {
        tokio::task::yield_now().await;
        1
    }

    #[depends(stock)]
    #[task(spawn)]
    async fn reserve(&self, stock: u64) -> u64 {
        stock
    }

    #[depends(reserve)]
    async fn parcel(&self, reserve: u64) -> u64 {
        reserve
    }
}

/// Runs a future in a span of the caller, with workers that have the same subscriber; returns the exported spans.
fn exported(future: impl Future<Output = ()>) -> Vec<SpanData> {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let subscriber = Dispatch::new(tracing_subscriber::registry().with(layer));
    let of_workers = subscriber.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .on_thread_start(move || std::mem::forget(tracing::dispatcher::set_default(&of_workers)))
        .build()
        .expect("a runtime");
    tracing::dispatcher::with_default(&subscriber, || {
        tracing::info_span!("request").in_scope(|| runtime.block_on(future));
    });
    drop(runtime);
    exporter.get_finished_spans().expect("the exporter is not shut down")
}

/// The value of a field, or the name of a span that is no task.
fn name(span: &SpanData) -> String {
    let task = span.attributes.iter().find(|attribute| attribute.key.as_str() == "task");
    task.map_or_else(|| span.name.to_string(), |task| task.value.to_string())
}

/// Returns for each task `parent > task`, and `< released by` for each link.
fn lines(spans: &[SpanData]) -> Vec<String> {
    let of = |id: SpanId| spans.iter().find(|span| span.span_context.span_id() == id).map_or_else(String::new, name);
    let tasks = spans.iter().filter(|span| span.name == "task");
    let line = |span: &SpanData| {
        let links = span.links.iter().map(|link| format!(" < {}", of(link.span_context.span_id())));
        format!("{} > {}{}", of(span.parent_span_id), name(span), links.collect::<String>())
    };
    let mut lines: Vec<String> = tasks.map(line).collect();
    lines.sort();
    lines
}

#[test]
fn each_task_of_a_call_is_linked_to_the_dependency_that_released_it() {
    let _deadline = deadline();
    let spans = exported(async {
        assert_eq!(Checkout.price().await, 2);
    });
    let expected = ["request > cart < user", "request > coupon < user", "request > price < coupon", "request > user"];
    assert_eq!(lines(&spans), expected);
}

#[test]
fn each_task_of_a_run_is_linked_to_the_dependency_that_released_it() {
    let _deadline = deadline();
    let spans = exported(async {
        assert_eq!(*Checkout.run().price().await, 2);
    });
    let expected = ["request > cart < user", "request > coupon < user", "request > price < coupon", "request > user"];
    assert_eq!(lines(&spans), expected);
}

#[test]
fn tasks_on_other_threads_are_linked_too() {
    let _deadline = deadline();
    let spans = exported(async {
        assert_eq!(Arc::new(Warehouse).parcel().await, 1);
    });
    assert_eq!(lines(&spans), ["request > parcel < reserve", "request > reserve < stock", "request > stock"]);
}

#[test]
fn a_task_that_has_ended_does_not_seem_to_last_until_the_end_of_the_call() {
    struct Slow;

    #[dag]
    impl Slow {
        async fn first(&self) {}

        #[depends(first)]
        async fn second(&self) {
            tokio::task::yield_now().await;
        }
    }

    let _deadline = deadline();
    let spans = exported(async { Slow.second().await });
    let ended: Vec<String> = spans.iter().map(name).collect();
    assert_eq!(ended, ["first", "second", "request"], "spans are exported in the order of their ends");
}
