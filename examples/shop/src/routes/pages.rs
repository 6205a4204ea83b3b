//! The pages for people. Their templates are in `templates`.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::database::Product;
use crate::gauges::Gauges;
use crate::page::Page;
use crate::slow::SlowRequest;

#[derive(Template)]
#[template(path = "list.html")]
pub(crate) struct List<'p> {
    shelves: Vec<Shelf<'p>>,
}

struct Shelf<'p> {
    category: &'p str,
    products: &'p [Product],
}

impl<'p> List<'p> {
    /// Puts products that are ordered by category on a shelf for each.
    pub(crate) fn new(products: &'p [Product]) -> Self {
        let shelves = products.chunk_by(|one, next| one.category == next.category);
        Self { shelves: shelves.map(|products| Shelf { category: &products[0].category, products }).collect() }
    }
}

#[derive(Template)]
#[template(path = "product.html")]
pub(crate) struct ProductView<'p> {
    pub(crate) page: &'p Page,
}

#[derive(Template)]
#[template(path = "problem.html")]
pub(crate) struct ProblemPage {
    status: u16,
    title: &'static str,
    advice: &'static str,
}

impl ProblemPage {
    pub(crate) fn new(status: StatusCode) -> Self {
        let (title, advice) = match status {
            StatusCode::NOT_FOUND => ("We do not have that", "It may be sold out for good, or the address is wrong."),
            StatusCode::METHOD_NOT_ALLOWED => ("That cannot be done here", "There is nothing to send to this address."),
            StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
                ("We cannot tell just now", "A service that we ask has not answered. Please try again in a moment.")
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                ("The shop is busy", "We cannot answer everyone just now. Please try again in a moment.")
            }
            _ => ("Something went wrong", "It is our mistake, and it has been noted."),
        };
        Self { status: status.as_u16(), title, advice }
    }
}

#[derive(Template)]
#[template(path = "operators.html")]
pub(crate) struct OperatorsPage {
    pub(crate) gauges: Gauges,
    pub(crate) services: [(&'static str, &'static str); 3],
    pub(crate) slow: Vec<SlowRequest>,
}

pub(crate) fn answer(page: &impl Template) -> Response {
    match page.render() {
        Ok(page) => Html(page).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// How values are written in a template: `{{ cents|euros }}`.
#[allow(clippy::trivially_copy_pass_by_ref, clippy::unnecessary_wraps, reason = "a template calls them so")]
mod filters {
    use std::time::Duration;

    use askama::{Result, Values};

    pub(super) fn euros(cents: &u32, _: &dyn Values) -> Result<String> {
        Ok(format!("€{}.{:02}", cents / 100, cents % 100))
    }

    pub(super) fn stars(stars: &i64, _: &dyn Values) -> Result<String> {
        Ok((1..=5).map(|star| if star <= *stars { '★' } else { '☆' }).collect())
    }

    pub(super) fn ago(seconds: &u64, _: &dyn Values) -> Result<String> {
        let seconds = *seconds;
        let (count, unit) = match seconds {
            0..60 => (seconds, "second"),
            60..3600 => (seconds / 60, "minute"),
            _ => (seconds / 3600, "hour"),
        };
        Ok(format!("{count} {unit}{} ago", if count == 1 { "" } else { "s" }))
    }

    pub(super) fn milliseconds(duration: &Duration, _: &dyn Values) -> Result<String> {
        Ok(format!("{:.1} ms", duration.as_secs_f64() * 1e3))
    }
}
