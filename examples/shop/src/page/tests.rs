//! The page without a database and without services: what a task would fetch is put in its place.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::IntoResponse;

use super::{Page, PageError, ProductPage, ProductPageRun};
use crate::database::{Database, Product, Review};
use crate::shop::{Requests, Shop};
use crate::upstreams::{Addresses, Price, Stock, UpstreamError, Upstreams};

#[tokio::test]
async fn a_page_has_the_price_of_one_piece() {
    let shop = shop_of_services_at(NOWHERE, PATIENCE);
    let page = page_in(&shop);
    let run = known(&page).with_price(PACK).with_stock(Stock { pieces: 4 }).with_recommendations(Ok(vec![]));

    assert_eq!(
        run.page().await.unwrap(),
        &Page::new(&reeds(), &Price { cents: 330, pack: 1 }, &Stock { pieces: 4 }, &[], Some(&vec![]))
    );
}

#[tokio::test]
async fn a_page_shows_without_recommendations() {
    let shop = shop_of_services_at(NOWHERE, PATIENCE);
    let late = PageError::Upstream(UpstreamError::Late { service: "recommendations" });
    let page = page_in(&shop);
    let run = known(&page).with_price(PACK).with_stock(Stock { pieces: 4 }).with_recommendations(Err(late));

    let page = Page::new(&reeds(), &PACK, &Stock { pieces: 4 }, &[], None);
    assert_eq!(run.page().await.unwrap(), &page);
}

#[tokio::test]
async fn a_service_that_cannot_be_reached_is_a_502() {
    let shop = shop_of_services_at(NOWHERE, PATIENCE);
    let page = page_in(&shop);
    let run = known(&page).with_stock(Stock { pieces: 4 }).with_recommendations(Ok(vec![]));

    let error = run.page().await.unwrap_err();
    assert_eq!(error.task(), "price");
    assert_eq!(error.downcast_ref::<UpstreamError>().unwrap().status(), StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn a_service_that_never_answers_is_a_504() {
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let shop = shop_of_services_at(silent.local_addr().unwrap(), Duration::from_millis(1));
    let page = page_in(&shop);
    let run = known(&page).with_stock(Stock { pieces: 4 }).with_recommendations(Ok(vec![]));

    let error = run.page().await.unwrap_err();
    assert_eq!(error.downcast_ref::<UpstreamError>().unwrap().status(), StatusCode::GATEWAY_TIMEOUT);
}

#[tokio::test]
#[should_panic = "divide by zero"]
async fn a_price_for_no_pieces_panics() {
    let shop = shop_of_services_at(NOWHERE, PATIENCE);
    let page = page_in(&shop);
    let run = known(&page).with_price(Price { cents: 990, pack: 0 }).with_stock(Stock { pieces: 4 });

    _ = run.with_recommendations(Ok(vec![])).page().await;
}

#[test]
fn an_unknown_product_is_a_404() {
    assert_eq!(PageError::UnknownProduct(25).into_response().status(), StatusCode::NOT_FOUND);
}

/// Nobody can listen there.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Longer than it takes to be refused, anywhere.
const PATIENCE: Duration = Duration::from_secs(600);

const PACK: Price = Price { cents: 990, pack: 3 };

fn reeds() -> Product {
    Product { name: "Reeds".to_owned(), category: "winds".to_owned() }
}

fn page_in(shop: &Shop) -> ProductPage<'_> {
    ProductPage { shop, product_id: 13, request: 0 }
}

/// Makes a run that knows all that the database would tell.
fn known<'r, 's>(page: &'r ProductPage<'s>) -> ProductPageRun<'r, 's> {
    page.run().with_product(reeds()).with_reviews(Vec::<Review>::new())
}

fn shop_of_services_at(address: SocketAddr, patience: Duration) -> Shop {
    let addresses = Addresses { prices: address, stock: address, recommendations: address };
    Shop {
        database: Database::unreachable(),
        upstreams: Upstreams::new(addresses, patience).unwrap(),
        requests: Requests::default(),
    }
}
