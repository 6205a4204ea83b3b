//! The routes of the shop.

use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use adagio::Timeline;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures::{FutureExt, TryFutureExt};
use serde::Deserialize;
use tracing::Instrument;

use crate::by_hand;
use crate::gauges::Gauges;
use crate::page::{PageError, ProductPage};
use crate::shop::{Shop, UnderWay};
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
    let under_way = shop.requests.start();
    let request = request_id(&headers).unwrap_or(under_way.number());
    let page = ProductPage { shop: &shop, product_id, request };
    let span = tracing::info_span!("product", product_id, request);
    if options.trace == 1 {
        answer(under_way, trace(&page)).instrument(span).await
    } else {
        answer(under_way, page.page().map_ok(Json)).instrument(span).await
    }
}

async fn product_by_hand(State(shop): State<Arc<Shop>>, Path(product_id): Path<i64>, headers: HeaderMap) -> Response {
    let under_way = shop.requests.start();
    let request = request_id(&headers).unwrap_or(under_way.number());
    let span = tracing::info_span!("product", product_id, request);
    answer(under_way, by_hand::page(&shop, product_id, request).map_ok(Json)).instrument(span).await
}

/// The picture of the graph behind each product.
async fn graph() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "image/svg+xml")], ProductPage::graph().to_svg())
}

async fn gauges(State(shop): State<Arc<Shop>>) -> Json<Gauges> {
    Json(Gauges::read(&shop.requests))
}

/// Gives the timeline of this very request, also if it fails.
async fn trace(page: &ProductPage<'_>) -> Result<Html<String>, PageError> {
    let timeline = Timeline::new();
    let run = page.run().observe(timeline.clone());
    if let Err(error) = run.page().await {
        tracing::warn!(error = &error as &dyn Error);
    }
    Ok(Html(timeline.to_html()))
}

async fn answer<T: IntoResponse>(
    under_way: UnderWay<'_>,
    page: impl Future<Output = Result<T, PageError>>,
) -> Response {
    let answer = AssertUnwindSafe(page).catch_unwind().await;
    under_way.answered();
    match answer {
        Ok(Ok(page)) => page.into_response(),
        Ok(Err(error)) => {
            tracing::warn!(error = &error as &dyn Error);
            error.into_response()
        }
        // The hook has told the log of it.
        Err(_panic) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Gives the id that the client has sent.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<u64> {
    headers.get(REQUEST_ID)?.to_str().ok()?.parse().ok()
}
