//! The routes of the shop.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use adagio::Timeline;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures::FutureExt;
use serde::Deserialize;
use tracing::Instrument;

use crate::by_hand;
use crate::gauges::Gauges;
use crate::page::{Page, PageError, ProductPage};
use crate::shop::Shop;
use crate::upstreams::REQUEST_ID;

pub(crate) fn router(shop: Arc<Shop>) -> Router {
    Router::new()
        .route("/product/{id}", get(product))
        .route("/by-hand/product/{id}", get(product_by_hand))
        .route("/graph", get(graph))
        .route("/gauges", get(gauges))
        .with_state(shop)
}

#[derive(Deserialize)]
struct Options {
    /// 1 asks for the timeline instead of the page.
    #[serde(default)]
    trace: u8,
}

async fn product(
    State(shop): State<Arc<Shop>>,
    Path(product_id): Path<i64>,
    Query(options): Query<Options>,
    headers: HeaderMap,
) -> Response {
    let request = request_id(&shop, &headers);
    let page = ProductPage { shop: &shop, product_id, request };
    let span = tracing::info_span!("product", product_id, request);
    if options.trace == 1 {
        return trace(&page).instrument(span).await.into_response();
    }
    answer(&shop, page.page()).instrument(span).await
}

async fn product_by_hand(State(shop): State<Arc<Shop>>, Path(product_id): Path<i64>, headers: HeaderMap) -> Response {
    let request = request_id(&shop, &headers);
    let span = tracing::info_span!("product", product_id, request);
    answer(&shop, by_hand::page(&shop, product_id, request)).instrument(span).await
}

/// The picture of the graph behind each product.
async fn graph() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "image/svg+xml")], ProductPage::graph().to_svg())
}

async fn gauges(State(shop): State<Arc<Shop>>) -> Json<Gauges> {
    Json(Gauges::read(&shop.requests))
}

/// Gives the timeline of this very request, also if it fails.
async fn trace(page: &ProductPage<'_>) -> Html<String> {
    let timeline = Timeline::new();
    let run = page.run().observe(timeline.clone());
    if let Err(error) = run.page().await {
        tracing::warn!(%error, "traced");
    }
    Html(timeline.to_html())
}

async fn answer(shop: &Shop, page: impl Future<Output = Result<Page, PageError>>) -> Response {
    let under_way = shop.requests.start();
    let answer = AssertUnwindSafe(page).catch_unwind().await;
    under_way.answered();
    match answer {
        Ok(Ok(page)) => Json(page).into_response(),
        Ok(Err(error)) => {
            tracing::warn!(error = &error as &dyn std::error::Error);
            error.into_response()
        }
        Err(panic) => panicked(panic.as_ref()),
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Response {
    let words = panic.downcast_ref::<&str>().copied();
    tracing::error!(panic = words.or_else(|| panic.downcast_ref::<String>().map(String::as_str)));
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// Gives the id that the client has sent, else a new one.
fn request_id(shop: &Shop, headers: &HeaderMap) -> u64 {
    let sent = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()?.parse().ok());
    sent.unwrap_or_else(|| shop.requests.started())
}
