//! The page without a database and without services: what a task would fetch is put in its place.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use adagio::Profile;
use axum::http::StatusCode;

use super::{Page, PageError, ProductPage, ProductPageRun};
use crate::database::{Database, Product, Review};
use crate::remembered::{Remembered, Told};
use crate::shop::{Requests, Shop};
use crate::slow::SlowRequests;
use crate::upstreams::{Addresses, Price, Stock, Upstreams};

#[tokio::test]
async fn a_page_has_the_price_of_one_piece() {
    let shop = shop_of_services_at(NOWHERE, PATIENCE);
    let page = page_in(&shop);
    let run = known(&page).with_price(PACK).with_stock(FOUR).with_recommendations(vec![]);

    assert_eq!(
        run.page().await.unwrap(),
        &Page::new(&reeds(), &Told::now(Price { cents: 330, pack: 1 }), &FOUR, &[], Some(&vec![]))
    );
}

#[tokio::test]
async fn a_page_shows_without_recommendations() {
    let shop = shop_of_services_at(NOWHERE, PATIENCE);
    let page = page_in(&shop);
    let run = known(&page).with_price(PACK).with_stock(FOUR);

    let page = Page::new(&reeds(), &PACK, &FOUR, &[], None);
    assert_eq!(run.page().await.unwrap(), &page);
}

#[tokio::test]
async fn a_service_that_cannot_be_reached_is_a_502() {
    let shop = shop_of_services_at(NOWHERE, PATIENCE);
    let page = page_in(&shop);
    let run = known(&page).with_stock(FOUR).with_recommendations(vec![]);

    let error = run.page().await.unwrap_err();
    assert_eq!(error.task(), "price");
    assert_eq!(error.downcast_ref::<PageError>().unwrap().status(), StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn a_service_that_never_answers_is_a_504() {
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let shop = shop_of_services_at(silent.local_addr().unwrap(), Duration::from_millis(1));
    let page = page_in(&shop);
    let run = known(&page).with_stock(FOUR).with_recommendations(vec![]);

    let error = run.page().await.unwrap_err();
    assert_eq!(error.downcast_ref::<PageError>().unwrap().status(), StatusCode::GATEWAY_TIMEOUT);
}

#[tokio::test]
#[should_panic = "divide by zero"]
async fn a_price_for_no_pieces_panics() {
    let shop = shop_of_services_at(NOWHERE, PATIENCE);
    let page = page_in(&shop);
    let run = known(&page).with_price(Told::now(Price { cents: 990, pack: 0 })).with_stock(FOUR);

    _ = run.with_recommendations(vec![]).page().await;
}

#[test]
fn an_unknown_product_is_a_404() {
    assert_eq!(PageError::UnknownProduct(25).status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_page_shows_what_was_told_last_and_how_old_it_is() {
    let shop = shop_of_services_at(NOWHERE, PATIENCE);
    let page = page_in(&shop);
    let first = known(&page).with_price(PACK).with_stock(FOUR).with_recommendations(vec![]);
    first.page().await.unwrap();

    let run = known(&page).with_recommendations(vec![]);
    let page = run.page().await.unwrap();
    assert_eq!((page.cents_a_piece, page.price_age), (330, Some(0)));
    assert_eq!((page.pieces, page.stock_age), (4, Some(0)));
}

#[tokio::test]
async fn a_price_that_made_no_page_is_not_remembered() {
    let shop = shop_of_services_at(NOWHERE, PATIENCE);
    let page = page_in(&shop);
    let run = page.run().with_price(PACK).with_stock(FOUR).with_recommendations(vec![]);
    assert_eq!(run.page().await.unwrap_err().task(), "product");
    assert_eq!(shop.prices.recall(13), None);
}

#[tokio::test]
async fn a_service_that_fails_again_and_again_is_left_in_peace() {
    let shop = shop_of_services_at(NOWHERE, PATIENCE);
    let page = page_in(&shop);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let run = known(&page).with_stock(FOUR).with_recommendations(vec![]);
        let error = run.page().await.unwrap_err();
        statuses.push(error.downcast_ref::<PageError>().unwrap().status().as_u16());
    }
    assert_eq!(statuses, [502, 502, 502, 503]);
}

/// Nobody can listen there.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Longer than it takes to be refused, anywhere.
const PATIENCE: Duration = Duration::from_secs(600);

const PACK: Told<Price> = Told { value: Price { cents: 990, pack: 3 }, age: None };

const FOUR: Told<Stock> = Told { value: Stock { pieces: 4 }, age: None };

fn reeds() -> Product {
    Product { id: 13, name: "Reeds".to_owned(), category: "winds".to_owned() }
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
        upstreams: Upstreams::new(addresses, patience, 3).unwrap(),
        prices: Remembered::new(PATIENCE),
        stocks: Remembered::new(PATIENCE),
        requests: Requests::default(),
        slow: SlowRequests::new(0),
        profile: Profile::new(),
    }
}
