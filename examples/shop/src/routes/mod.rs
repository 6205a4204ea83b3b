//! What the shop answers to whom: pages and JSON for all, and what operators look at.

mod answer;
pub(crate) mod operators;
mod pages;
mod product;

use std::sync::Arc;

use axum::error_handling::HandleErrorLayer;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{BoxError, Router};
use tower::ServiceBuilder;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::page::PageError;
use crate::shop::Shop;
use answer::{Form, Problem};
use pages::List;
pub(crate) use product::request_id;

/// Nobody sends the shop anything but questions.
const LONGEST_BODY: usize = 16 * 1024;

/// Of every answer: a browser runs no script in it, loads nothing from elsewhere, and keeps JSON and pages apart.
const HEADERS: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'none'"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::VARY, "accept"),
];

/// Which handlers there are, and for how many requests at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer {
    /// More requests at once are refused.
    pub(crate) at_once: usize,
    /// Whether the handler without a graph is served, too.
    pub(crate) by_hand: bool,
}

/// Returns the routes for all.
pub(crate) fn router(shop: Arc<Shop>, offer: Offer) -> Router {
    let mut router = Router::new().route("/", get(list)).route("/product/{id}", get(product::product));
    if offer.by_hand {
        router = router.route("/by-hand/product/{id}", get(product::product_by_hand));
    }
    let refuser = Arc::clone(&shop);
    let full = move |form: Form, _full: BoxError| {
        refuser.requests.refuse();
        async move { Problem::full().answer(form) }
    };
    let limit = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(full))
        .layer(LoadShedLayer::new())
        .layer(GlobalConcurrencyLimitLayer::new(offer.at_once));
    let router = router.route_layer(limit).route("/style.css", get(style)).with_state(shop);
    finish(router.fallback(unknown).method_not_allowed_fallback(wrong_method))
}

/// Returns the one answer for connections that there is no room for.
pub(crate) fn full(shop: Arc<Shop>) -> Router {
    let full = |State(shop): State<Arc<Shop>>, form: Form| async move {
        shop.requests.refuse();
        Problem::full().answer(form)
    };
    finish(Router::new().fallback(full).with_state(shop))
}

fn finish(router: Router) -> Router {
    let router = router.layer(RequestBodyLimitLayer::new(LONGEST_BODY));
    HEADERS.into_iter().fold(router, |router, (name, value)| {
        router.layer(SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value)))
    })
}

async fn list(State(shop): State<Arc<Shop>>, form: Form) -> Response {
    match shop.database.products().await {
        Ok(products) => match form {
            Form::Json => axum::Json(products).into_response(),
            Form::Page => pages::answer(&List::new(&products)),
        },
        Err(error) => Problem::of_page(&PageError::Database(error)).answer(form),
    }
}

async fn style() -> impl IntoResponse {
    let style = include_str!("../../templates/style.css");
    ([(header::CONTENT_TYPE, "text/css"), (header::CACHE_CONTROL, "max-age=600")], style)
}

async fn unknown(form: Form) -> Response {
    Problem::unknown_path().answer(form)
}

async fn wrong_method(form: Form) -> Response {
    Problem::wrong_method().answer(form)
}
