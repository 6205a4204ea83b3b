//! Which answer to a request is the right one.

use std::collections::HashMap;
use std::time::Duration;

use super::load::Answer;
use crate::database::{Database, Place, Product, Review};
use crate::page::Page;
use crate::play::fault::{Fate, Service, draw};
use crate::play::services::{price_of, recommended_in, stock_of};
use crate::remembered::Told;

/// There are fewer: some requests are for one that nobody knows.
const PRODUCTS: i64 = 25;

pub(crate) struct RightAnswers {
    products: HashMap<i64, (Product, Vec<Review>)>,
    faults: u64,
}

impl RightAnswers {
    /// Reads what the shop has; `faults` of a thousand requests meet one.
    pub(crate) async fn read(database: &Place, faults: u64) -> sqlx::Result<Self> {
        let database = Database::open(database, Duration::from_secs(60)).await?;
        let mut products = HashMap::new();
        for id in 1..=PRODUCTS {
            if let Some(product) = database.product(id).await? {
                products.insert(id, (product, database.reviews(id).await?));
            }
        }
        Ok(Self { products, faults })
    }

    /// Returns the product that a request asks for: one that exists, if the request meets a fault.
    pub(crate) fn product_of(&self, request: u64) -> i64 {
        let products = if self.fate_of(request).is_some() { PRODUCTS - 1 } else { PRODUCTS };
        1 + i64::try_from(draw((request, "product")) % products.unsigned_abs()).unwrap_or_default()
    }

    /// Whether the shop has what the request asks for.
    pub(crate) fn knows(&self, request: u64) -> bool {
        self.products.contains_key(&self.product_of(request))
    }

    pub(crate) fn fate_of(&self, request: u64) -> Option<Fate> {
        Fate::of(request, self.faults)
    }

    pub(crate) fn is_right(&self, request: u64, answer: &Answer) -> bool {
        let id = self.product_of(request);
        let Some((product, reviews)) = self.products.get(&id) else { return answer.status == 404 };
        let fate = self.fate_of(request);
        let status = fate.map_or(200, Fate::right_status);
        if answer.status != status || status != 200 {
            return answer.status == status;
        }
        let recommendations = recommended_in(&product.category);
        let are_there = fate.is_none_or(|fate| fate.service != Service::Recommendations);
        let (price, stock) = (Told::now(price_of(id)), Told::now(stock_of(id)));
        let page = Page::new(product, &price, &stock, reviews, are_there.then_some(&recommendations));
        serde_json::to_vec(&page).is_ok_and(|page| page == answer.body)
    }
}
