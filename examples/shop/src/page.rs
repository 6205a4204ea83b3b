//! The page of a product: one graph a request.

#[cfg(test)]
mod tests;

use std::error::Error;
use std::fmt;

use adagio::{TimedOut, dag};
use axum::http::StatusCode;
use serde::Serialize;

use crate::database::{Product, Review, is_unavailable};
use crate::remembered::Told;
use crate::shop::Shop;
use crate::upstreams::{Price, Stock, UpstreamError};

/// A request for the page of a product.
pub(crate) struct ProductPage<'s> {
    pub(crate) shop: &'s Shop,
    pub(crate) product_id: i64,
    /// The number of the request, which the services write into their logs.
    pub(crate) request: u64,
}

#[dag]
impl ProductPage<'_> {
    /// The product, as the shop's own database has it.
    async fn product(&self) -> Result<Product, PageError> {
        let product = self.shop.database.product(self.product_id).await?;
        product.ok_or(PageError::UnknownProduct(self.product_id))
    }

    /// The price, as the service says.
    #[task(catch)]
    async fn price_today(&self) -> Result<Price, UpstreamError> {
        self.shop.upstreams.price(self.product_id, self.request).await
    }

    /// The price: if the service does not answer, the last known one. It waits for `product`, so that an unknown product is
    /// reported first.
    #[depends(product, price_today)]
    fn price(&self, price_today: &Result<Price, UpstreamError>) -> Result<Told<Price>, PageError> {
        Ok(told(price_today, || self.shop.prices.recall(self.product_id))?)
    }

    /// The stock according to a service that is down now and then.
    #[task(catch, timeout = "2s", retry = 2, backoff = "10ms..100ms", retry_if = UpstreamError::is_transient)]
    async fn stock_today(&self) -> Result<Stock, UpstreamError> {
        self.shop.upstreams.stock(self.product_id, self.request).await
    }

    /// The stock: if the service does not answer, the last known one.
    #[depends(product, stock_today)]
    fn stock(&self, stock_today: &Result<Stock, UpstreamError>) -> Result<Told<Stock>, PageError> {
        Ok(told(stock_today, || self.shop.stocks.recall(self.product_id))?)
    }

    /// The reviews of the product.
    #[depends(product)]
    async fn reviews(&self) -> Result<Vec<Review>, PageError> {
        Ok(self.shop.database.reviews(self.product_id).await?)
    }

    /// Products that others bought with it; the page can do without them.
    #[depends(product)]
    #[task(timeout = "2s")]
    async fn recommendations(&self, product: &Product) -> Result<Vec<String>, PageError> {
        Ok(self.shop.upstreams.recommendations(&product.category, self.request).await?)
    }

    /// The page. Its price and its stock are remembered.
    #[depends(product, price, stock, reviews, catch recommendations)]
    pub(crate) fn page(
        &self,
        product: &Product,
        price: &Told<Price>,
        stock: &Told<Stock>,
        reviews: &[Review],
        recommendations: Option<&Vec<String>>,
    ) -> Page {
        let page = Page::new(product, price, stock, reviews, recommendations);
        self.shop.prices.keep(self.product_id, price);
        self.shop.stocks.keep(self.product_id, stock);
        page
    }
}

/// Returns the answer of a service, or its last one.
pub(crate) fn told<T: Clone>(
    today: &Result<T, UpstreamError>,
    last: impl FnOnce() -> Option<Told<T>>,
) -> Result<Told<T>, UpstreamError> {
    match today {
        Ok(value) => Ok(Told::now(value.clone())),
        Err(error) => last().ok_or_else(|| error.clone()),
    }
}

#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Page {
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) category: String,
    pub(crate) cents_a_piece: u32,
    /// How old the price is in seconds, if the service does not tell it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) price_age: Option<u64>,
    pub(crate) pieces: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stock_age: Option<u64>,
    pub(crate) reviews: Vec<Review>,
    pub(crate) recommendations: Option<Vec<String>>,
}

impl Page {
    /// Puts a page together.
    ///
    /// # Panics
    /// Panics if the price is one for no pieces.
    pub(crate) fn new(
        product: &Product,
        price: &Told<Price>,
        stock: &Told<Stock>,
        reviews: &[Review],
        recommendations: Option<&Vec<String>>,
    ) -> Self {
        Self {
            name: product.name.clone(),
            category: product.category.clone(),
            cents_a_piece: price.value.cents / price.value.pack,
            price_age: price.age,
            pieces: stock.value.pieces,
            stock_age: stock.age,
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
            Self::Database(error) if is_unavailable(error) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Database(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Upstream(error) => error.status(),
        }
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
