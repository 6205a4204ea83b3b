//! The page of a product as one writes it without a graph, with the same schedule: nests of `join!`.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use tokio::try_join;

use crate::page::{Page, PageError, told};
use crate::shop::Shop;
use crate::upstreams::{Stock, UpstreamError};

const LIMIT: Duration = Duration::from_secs(2);
const RETRIES: u32 = 2;
const BACKOFF: Duration = Duration::from_millis(10);

pub(crate) async fn page(shop: &Shop, product_id: i64, request: u64) -> Result<Page, PageError> {
    let ((product, reviews, recommendations), price, stock) = try_join!(
        async {
            let product = shop.database.product(product_id).await?;
            let product = product.ok_or(PageError::UnknownProduct(product_id))?;
            let (reviews, recommendations) =
                try_join!(async { Ok::<_, PageError>(shop.database.reviews(product_id).await?) }, async {
                    let recommendations = shop.upstreams.recommendations(&product.category, request);
                    // Nice to have: without them the page shows, too.
                    Ok(timeout(LIMIT, recommendations).await.ok().and_then(Result::ok))
                },)?;
            Ok::<_, PageError>((product, reviews, recommendations))
        },
        async { Ok::<_, PageError>(shop.upstreams.price(product_id, request).await) },
        async { Ok(stock(shop, product_id, request).await) },
    )?;
    // The graph looks as soon as the product is known, which the nest could do in a channel of its own alone.
    let price = told(&price, || shop.prices.recall(product_id))?;
    let stock = told(&stock, || shop.stocks.recall(product_id))?;
    let page = Page::new(&product, &price, &stock, &reviews, recommendations.as_ref());
    shop.prices.keep(product_id, &price);
    shop.stocks.keep(product_id, &stock);
    Ok(page)
}

/// Asks again after a failure that may pass, with waits that double.
async fn stock(shop: &Shop, product_id: i64, request: u64) -> Result<Stock, UpstreamError> {
    let mut pause = BACKOFF;
    let mut left = RETRIES;
    loop {
        let answer = timeout(LIMIT, shop.upstreams.stock(product_id, request)).await;
        match answer.unwrap_or(Err(UpstreamError::Late { service: "stock" })) {
            Err(error) if left > 0 && error.is_transient() => {}
            answer => return answer,
        }
        sleep(pause).await;
        pause *= 2;
        left -= 1;
    }
}
