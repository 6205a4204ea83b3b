//! What operators look at. It costs more than a page and tells more than all should know, so it has a listener of its own.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use adagio::Timeline;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures::FutureExt;
use tokio::sync::watch;

use super::answer::Problem;
use super::pages::{self, OperatorsPage};
use super::style;
use crate::gauges::Gauges;
use crate::page::ProductPage;
use crate::shop::Shop;

#[derive(Clone)]
struct Operated {
    shop: Arc<Shop>,
    is_open: watch::Receiver<bool>,
}

/// Returns the routes for operators; whoever balances the load asks there whether the shop is open.
pub(crate) fn router(shop: Arc<Shop>, is_open: watch::Receiver<bool>) -> Router {
    Router::new()
        .route("/", get(overview))
        .route("/gauges", get(gauges))
        .route("/graph", get(graph))
        .route("/profile", get(profile))
        .route("/ready", get(ready))
        .route("/slow/{number}", get(slow))
        .route("/style.css", get(style))
        .route("/trace/{product_id}", get(trace))
        .layer(from_fn(refuse_foreign_names))
        .with_state(Operated { shop, is_open })
}

/// Answers those alone that have asked for an address or for `localhost`: a page from elsewhere that a browser of this
/// machine has open can give a name of its own the address of the loopback, and then read what stands here.
async fn refuse_foreign_names(headers: HeaderMap, request: Request, next: Next) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _port)| name);
    if name == "localhost" || name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        next.run(request).await
    } else {
        StatusCode::MISDIRECTED_REQUEST.into_response()
    }
}

async fn overview(State(Operated { shop, .. }): State<Operated>) -> Response {
    let gauges = Gauges::read(&shop.requests);
    pages::answer(&OperatorsPage { gauges, services: shop.upstreams.words(), slow: shop.slow.list() })
}

async fn gauges(State(Operated { shop, .. }): State<Operated>) -> Json<Gauges> {
    Json(Gauges::read(&shop.requests))
}

/// The picture of the graph behind each product.
async fn graph() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "image/svg+xml")], ProductPage::graph().to_svg())
}

/// Which tasks decide how long requests take, over all since the start.
async fn profile(State(Operated { shop, .. }): State<Operated>) -> Html<String> {
    Html(shop.profile.to_html())
}

async fn ready(State(Operated { is_open, .. }): State<Operated>) -> (StatusCode, &'static str) {
    if *is_open.borrow() { (StatusCode::OK, "open\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "closing\n") }
}

async fn slow(State(Operated { shop, .. }): State<Operated>, Path(number): Path<u64>) -> Response {
    match shop.slow.find(number) {
        Some(slow) => Html(slow.timeline.to_html()).into_response(),
        None => (StatusCode::NOT_FOUND, "this request is not among the slowest any more\n").into_response(),
    }
}

/// Makes a request of its own, and answers with its timeline and with the status of its page.
async fn trace(State(Operated { shop, .. }): State<Operated>, Path(product_id): Path<i64>) -> Response {
    let under_way = shop.requests.start();
    let page = ProductPage { shop: &shop, product_id, request: under_way.number() };
    let timeline = Timeline::new();
    let run = page.run().observe(timeline.clone());
    let status = match AssertUnwindSafe(run.page()).catch_unwind().await {
        Ok(Ok(_page)) => StatusCode::OK,
        Ok(Err(error)) => Problem::of_run(&error).status,
        Err(_panic) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    under_way.answered();
    (status, Html(timeline.to_html())).into_response()
}
