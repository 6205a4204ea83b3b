//! Plays the three services: takes its time, and fails as the fate of the request wants it.

use std::collections::HashSet;
use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::stream;
use serde::Serialize;
use tokio::sync::watch;

use super::fault::{Fate, Fault, Service};
use crate::gauges::Gauges;
use crate::routes::request_id;
use crate::shop::Requests;
use crate::upstreams::{Price, Stock};

pub(crate) struct Upstream {
    latency: Duration,
    /// How many requests in a thousand meet a fault.
    faults: u64,
    /// Prices wait until it is so.
    is_open: watch::Sender<bool>,
    /// Requests whose brief fault is over.
    over: Mutex<HashSet<u64>>,
    /// The calls that are under way, and those that were.
    calls: Requests,
}

impl Upstream {
    pub(crate) fn new(latency: Duration, faults: u64, is_open: bool) -> Arc<Self> {
        let (is_open, _) = watch::channel(is_open);
        Arc::new(Self { latency, faults, is_open, over: Mutex::default(), calls: Requests::default() })
    }

    /// Returns the fault that a call meets.
    fn fault(&self, service: Service, request: u64) -> Option<Fault> {
        let fate = Fate::of(request, self.faults).filter(|fate| fate.service == service)?;
        if fate.is_brief {
            let mut over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
            if !over.insert(request) {
                return None;
            }
        }
        Some(fate.fault)
    }
}

pub(crate) fn router(upstream: Arc<Upstream>) -> Router {
    Router::new()
        .route("/price/{product_id}", get(price))
        .route("/stock/{product_id}", get(stock))
        .route("/recommendations/{category}", get(recommendations))
        .route("/open", post(open))
        .route("/gauges", get(gauges))
        .with_state(upstream)
}

pub(crate) fn price_of(product_id: i64) -> Price {
    Price { cents: 990 + 70 * product(product_id), pack: 1 + product(product_id) % 3 }
}

pub(crate) fn stock_of(product_id: i64) -> Stock {
    Stock { pieces: 3 * product(product_id) % 40 }
}

pub(crate) fn recommended_in(category: &str) -> Vec<String> {
    ["first", "second", "third"].map(|rank| format!("the {rank} of {category}")).to_vec()
}

fn product(id: i64) -> u32 {
    u32::try_from(id).unwrap_or_default()
}

async fn price(State(upstream): State<Arc<Upstream>>, Path(id): Path<i64>, headers: HeaderMap) -> Response {
    let call = upstream.calls.start();
    // The sender lives as long as its receivers: it cannot fail.
    _ = upstream.is_open.subscribe().wait_for(|is_open| *is_open).await;
    let answer = play(&upstream, Service::Prices, &headers, price_of(id)).await;
    call.answered();
    answer
}

async fn stock(State(upstream): State<Arc<Upstream>>, Path(id): Path<i64>, headers: HeaderMap) -> Response {
    let call = upstream.calls.start();
    let answer = play(&upstream, Service::Stock, &headers, stock_of(id)).await;
    call.answered();
    answer
}

async fn recommendations(
    State(upstream): State<Arc<Upstream>>,
    Path(category): Path<String>,
    headers: HeaderMap,
) -> Response {
    let call = upstream.calls.start();
    let answer = play(&upstream, Service::Recommendations, &headers, recommended_in(&category)).await;
    call.answered();
    answer
}

async fn open(State(upstream): State<Arc<Upstream>>) {
    upstream.is_open.send_replace(true);
}

async fn gauges(State(upstream): State<Arc<Upstream>>) -> Json<Gauges> {
    Json(Gauges::read(&upstream.calls))
}

/// Answers with the value, unless the request is to meet a fault here.
async fn play(upstream: &Upstream, service: Service, headers: &HeaderMap, value: impl Serialize) -> Response {
    let request = request_id(headers).unwrap_or_default();
    if !upstream.latency.is_zero() {
        tokio::time::sleep(upstream.latency).await;
    }
    match upstream.fault(service, request) {
        None => Json(value).into_response(),
        Some(Fault::Fails) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(Fault::Hangs) => match pending::<Infallible>().await {},
        Some(Fault::Garbles) => "{\"cents\": ".into_response(),
        Some(Fault::CutsOff) => {
            let half = [Ok("{\"cents\": "), Err(io::Error::other("the connection is cut off"))];
            Body::from_stream(stream::iter(half)).into_response()
        }
        Some(Fault::Lies) => Json(Price { cents: 990, pack: 0 }).into_response(),
    }
}
