//! The page of a product: one graph a request.

#[cfg(test)]
mod tests;

use std::error::Error;
use std::fmt;

use adagio::{TimedOut, dag};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::database::{Product, Review};
use crate::shop::Shop;
use crate::upstreams::{Price, Stock, UpstreamError};

/// A request for the page of a product.
pub(crate) struct ProductPage<'s> {
    pub(crate) shop: &'s Shop,
    pub(crate) product_id: i64,
    /// What the services are told, for their logs.
    pub(crate) request: u64,
}

#[dag]
impl ProductPage<'_> {
    /// What the shop knows of it.
    async fn product(&self) -> Result<Product, PageError> {
        let product = self.shop.database.product(self.product_id).await?;
        product.ok_or(PageError::UnknownProduct(self.product_id))
    }

    /// What it costs today.
    async fn price(&self) -> Result<Price, UpstreamError> {
        self.shop.upstreams.price(self.product_id, self.request).await
    }

    /// How many there are, from a service that is down now and then.
    #[task(timeout = "2s", retry = 2, backoff = "10ms..100ms", retry_if = UpstreamError::is_transient)]
    async fn stock(&self) -> Result<Stock, UpstreamError> {
        self.shop.upstreams.stock(self.product_id, self.request).await
    }

    /// What others think of it.
    #[depends(product)]
    async fn reviews(&self) -> Result<Vec<Review>, PageError> {
        Ok(self.shop.database.reviews(self.product_id).await?)
    }

    /// What others have bought with it; the page shows without.
    #[depends(product)]
    #[task(catch, timeout = "2s")]
    async fn recommendations(&self, product: &Product) -> Result<Vec<String>, PageError> {
        Ok(self.shop.upstreams.recommendations(&product.category, self.request).await?)
    }

    #[depends(product, price, stock, reviews, recommendations)]
    pub(crate) fn page(
        &self,
        product: &Product,
        price: &Price,
        stock: &Stock,
        reviews: &[Review],
        recommendations: &Result<Vec<String>, PageError>,
    ) -> Page {
        Page::new(product, price, stock, reviews, recommendations.as_ref().ok())
    }
}

#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Page {
    name: String,
    cents_a_piece: u32,
    pieces: u32,
    reviews: Vec<Review>,
    recommendations: Option<Vec<String>>,
}

impl Page {
    /// Puts a page together.
    ///
    /// # Panics
    /// Panics if the price is one for no pieces.
    pub(crate) fn new(
        product: &Product,
        price: &Price,
        stock: &Stock,
        reviews: &[Review],
        recommendations: Option<&Vec<String>>,
    ) -> Self {
        Self {
            name: product.name.clone(),
            cents_a_piece: price.cents / price.pack,
            pieces: stock.pieces,
            reviews: reviews.to_vec(),
            recommendations: recommendations.cloned(),
        }
    }
}

/// Why there is no page.
#[derive(Debug)]
pub(crate) enum PageError {
    UnknownProduct(i64),
    Database(sqlx::Error),
    Upstream(UpstreamError),
}

impl From<sqlx::Error> for PageError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<UpstreamError> for PageError {
    fn from(error: UpstreamError) -> Self {
        Self::Upstream(error)
    }
}

impl From<TimedOut> for PageError {
    fn from(timed_out: TimedOut) -> Self {
        Self::Upstream(timed_out.into())
    }
}

impl PageError {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::UnknownProduct(_) => StatusCode::NOT_FOUND,
            Self::Database(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Upstream(error) => error.status(),
        }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        (self.status(), Json(self.to_string())).into_response()
    }
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownProduct(id) => write!(f, "there is no product {id}"),
            Self::Database(_) => write!(f, "the database failed"),
            Self::Upstream(error) => error.fmt(f),
        }
    }
}

impl Error for PageError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::UnknownProduct(_) => None,
            Self::Database(error) => Some(error),
            Self::Upstream(error) => error.source(),
        }
    }
}
