//! A request for a product: one graph.

use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;

use adagio::Timeline;
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use tracing::Instrument;

use super::answer::{Form, Problem};
use super::pages::{self, ProductView};
use crate::by_hand;
use crate::page::{Page, ProductPage};
use crate::shop::Shop;
use crate::upstreams::REQUEST_ID;

/// A product that is not a number is one that there is not.
type ProductId = Result<Path<i64>, PathRejection>;

pub(crate) async fn product(
    State(shop): State<Arc<Shop>>,
    product_id: ProductId,
    form: Form,
    headers: HeaderMap,
) -> Response {
    let Ok(Path(product_id)) = product_id else { return Problem::unknown_path().answer(form) };
    let under_way = shop.requests.start();
    let request = request_id(&headers).unwrap_or(under_way.number());
    let timeline = Timeline::new();
    let watch = shop.slow.watch(under_way.number(), product_id, timeline.clone());
    let page = ProductPage { shop: &shop, product_id, request };
    let answer = async {
        if !shop.slow.keeps_any() {
            return match page.page().await {
                Ok(page) => answer_of(&page, form),
                Err(error) => Problem::of_page(&error).answer(form),
            };
        }
        let run = page.run().observe(timeline).observe(shop.profile.clone());
        match run.page().await {
            Ok(page) => answer_of(page, form),
            Err(error) => Problem::of_run(&error).answer(form),
        }
    };
    let answer = settle(pin!(answer), product_id, request, form).await;
    under_way.answered();
    watch.answered(answer.status().as_u16());
    answer
}

pub(crate) async fn product_by_hand(
    State(shop): State<Arc<Shop>>,
    product_id: ProductId,
    form: Form,
    headers: HeaderMap,
) -> Response {
    let Ok(Path(product_id)) = product_id else { return Problem::unknown_path().answer(form) };
    let under_way = shop.requests.start();
    let request = request_id(&headers).unwrap_or(under_way.number());
    let answer = async {
        match by_hand::page(&shop, product_id, request).await {
            Ok(page) => answer_of(&page, form),
            Err(error) => Problem::of_page(&error).answer(form),
        }
    };
    let answer = settle(pin!(answer), product_id, request, form).await;
    under_way.answered();
    answer
}

fn answer_of(page: &Page, form: Form) -> Response {
    match form {
        Form::Json => Json(page).into_response(),
        Form::Page => pages::answer(&ProductView { page }),
    }
}

/// Answers within a span of the log, and after a panic, too. The future stays where it is: it is large.
async fn settle(
    answer: Pin<&mut impl Future<Output = Response>>,
    product_id: i64,
    request: u64,
    form: Form,
) -> Response {
    let span = tracing::info_span!("product", product_id, request);
    // The hook tells the log of a panic.
    let answer = AssertUnwindSafe(answer).catch_unwind().instrument(span).await;
    answer.unwrap_or_else(|_panic| Problem::panic().answer(form))
}

/// Returns the id that the client has sent.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<u64> {
    headers.get(REQUEST_ID)?.to_str().ok()?.parse().ok()
}
