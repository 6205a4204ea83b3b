//! The page without a database and without services: what a task would fetch is put in its place.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::IntoResponse;

use crate::database::{Database, Product, Review};
use crate::page::{Page, PageError, ProductPage, ProductPageRun};
use crate::shop::{Requests, Shop};
use crate::upstreams::{Addresses, Price, Stock, UpstreamError, Upstreams};

#[tokio::test]
async fn a_page_has_the_price_of_one_piece() {
    let shop = shop_of_services_at(nowhere());
    let page = page_in(&shop);
    let run = known(&page).with_price(PACK).with_stock(Stock { pieces: 4 }).with_recommendations(Ok(vec![]));

    assert_eq!(
        run.page().await.unwrap(),
        &Page::new(&reeds(), &Price { cents: 330, pack: 1 }, &Stock { pieces: 4 }, &[], Some(&vec![]))
    );
}

#[tokio::test]
async fn a_page_shows_without_recommendations() {
    let shop = shop_of_services_at(nowhere());
    let late = PageError::Upstream(UpstreamError::Late { service: "recommendations" });
    let page = page_in(&shop);
    let run = known(&page).with_price(PACK).with_stock(Stock { pieces: 4 }).with_recommendations(Err(late));

    let page = Page::new(&reeds(), &PACK, &Stock { pieces: 4 }, &[], None);
    assert_eq!(run.page().await.unwrap(), &page);
}

#[tokio::test]
async fn a_service_that_cannot_be_reached_is_a_502() {
    let shop = shop_of_services_at(nowhere());
    let page = page_in(&shop);
    let run = known(&page).with_stock(Stock { pieces: 4 }).with_recommendations(Ok(vec![]));

    let error = run.page().await.unwrap_err();
    assert_eq!(error.task(), "price");
    assert_eq!(error.downcast_ref::<UpstreamError>().unwrap().status(), StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn a_service_that_never_answers_is_a_504() {
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let shop = shop_of_services_at(silent.local_addr().unwrap());
    let page = page_in(&shop);
    let run = known(&page).with_stock(Stock { pieces: 4 }).with_recommendations(Ok(vec![]));

    let error = run.page().await.unwrap_err();
    assert_eq!(error.downcast_ref::<UpstreamError>().unwrap().status(), StatusCode::GATEWAY_TIMEOUT);
}

#[tokio::test]
#[should_panic = "divide by zero"]
async fn a_price_for_no_pieces_panics() {
    let shop = shop_of_services_at(nowhere());
    let page = page_in(&shop);
    let run = known(&page).with_price(Price { cents: 990, pack: 0 }).with_stock(Stock { pieces: 4 });

    _ = run.with_recommendations(Ok(vec![])).page().await;
}

#[test]
fn an_unknown_product_is_a_404() {
    assert_eq!(PageError::UnknownProduct(25).into_response().status(), StatusCode::NOT_FOUND);
}

const PACK: Price = Price { cents: 990, pack: 3 };

fn reeds() -> Product {
    Product { name: "Reeds".to_owned(), category: "winds".to_owned() }
}

fn page_in(shop: &Shop) -> ProductPage<'_> {
    ProductPage { shop, product_id: 13, request: 0 }
}

/// Makes a run that knows all that the database would tell.
fn known<'r>(page: &'r ProductPage<'_>) -> ProductPageRun<'r> {
    page.run().with_product(reeds()).with_reviews(Vec::<Review>::new())
}

fn shop_of_services_at(address: SocketAddr) -> Shop {
    let addresses = Addresses { prices: address, stock: address, recommendations: address };
    Shop {
        database: Database::unreachable(),
        upstreams: Upstreams::new(addresses, Duration::from_millis(1)).unwrap(),
        requests: Requests::default(),
    }
}

/// Gives an address where nobody listens.
fn nowhere() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}
