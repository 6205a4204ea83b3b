//! A graph that other crates use inside theirs: generic, with a private task and an error that is made from a private
//! one.

use std::fmt;

use graphs::dag;

/// Why there is no price.
#[derive(Debug, PartialEq, Eq)]
pub struct PriceError(pub String);

impl fmt::Display for PriceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for PriceError {}

impl From<graphs::TimedOut> for PriceError {
    fn from(_: graphs::TimedOut) -> Self {
        Self("no price in time".to_owned())
    }
}

struct Unknown(u64);

impl From<Unknown> for PriceError {
    fn from(unknown: Unknown) -> Self {
        Self(format!("{} is unknown", unknown.0))
    }
}

/// What a list of prices says of some articles.
pub struct Pricing<List> {
    list: List,
    articles: Vec<u64>,
}

impl<List> Pricing<List> {
    /// Takes a list, and the articles to look up.
    pub fn new(list: List, articles: Vec<u64>) -> Self {
        Self { list, articles }
    }
}

#[dag(crate = graphs)]
impl<List> Pricing<List>
where
    List: Fn(u64) -> Option<u64> + Send + Sync,
{
    async fn prices(&self) -> Result<Vec<u64>, Unknown> {
        std::future::ready(()).await;
        self.articles.iter().map(|&article| (self.list)(article).ok_or(Unknown(article))).collect()
    }

    /// What all of it costs.
    ///
    /// # Errors
    /// If an article is not on the list.
    #[depends(prices)]
    pub async fn total(&self, prices: &[u64]) -> Result<u64, PriceError> {
        std::future::ready(()).await;
        Ok(prices.iter().sum())
    }

    /// How many articles there are.
    pub fn count(&self) -> usize {
        self.articles.len()
    }
}

/// A part of a text, in a block whose object has a lifetime.
pub struct Excerpt<'t> {
    text: &'t str,
}

impl<'t> Excerpt<'t> {
    /// Takes the text.
    #[must_use]
    pub fn of(text: &'t str) -> Self {
        Self { text }
    }
}

#[dag(crate = graphs)]
impl Excerpt<'_> {
    /// Its first word.
    pub async fn first(&self) -> &str {
        std::future::ready(()).await;
        self.text.split(' ').next().unwrap_or_default()
    }

    /// The word as a number.
    ///
    /// # Errors
    /// If it is none.
    #[depends(first)]
    pub async fn number(&self, first: &str) -> Result<u32, std::num::ParseIntError> {
        std::future::ready(()).await;
        first.parse()
    }
}
