//! The routes of a shop that runs, with a database and services that never fail.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::StatusCode;
use tempfile::TempDir;

use super::{open, play, start};
use crate::routes;

/// What lives as long as the shop does: its database.
async fn shop() -> (SocketAddr, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let shop = open(&folder.path().join("shop.db"), play(0).await.unwrap(), Duration::from_secs(60)).await.unwrap();
    (start(routes::router(shop)).await.unwrap(), folder)
}

async fn get(address: SocketAddr, path: &str) -> (StatusCode, String) {
    let answer = reqwest::get(format!("http://{address}{path}")).await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

#[tokio::test]
async fn the_graph_and_the_code_by_hand_give_the_same_page() {
    let (address, _database) = shop().await;
    let page = get(address, "/product/7").await;
    assert_eq!(page.0, StatusCode::OK);
    assert_eq!(page, get(address, "/by-hand/product/7").await);
}

#[tokio::test]
async fn a_product_that_is_not_there_is_a_404_either_way() {
    let (address, _database) = shop().await;
    for path in ["/product/70000", "/by-hand/product/70000"] {
        assert_eq!(get(address, path).await.0, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_trace_is_a_page_with_every_task_of_the_request() {
    let (address, _database) = shop().await;
    let (status, page) = get(address, "/product/7?trace=1").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.starts_with("<!DOCTYPE html>"), "{page}");
    for task in ["product", "price", "stock", "reviews", "recommendations", "page"] {
        assert!(page.contains(&format!(">{task}<")), "{task} in {page}");
    }
}

#[tokio::test]
async fn the_picture_has_every_task_of_a_request() {
    let (address, _database) = shop().await;
    let (status, picture) = get(address, "/graph").await;
    assert_eq!(status, StatusCode::OK);
    assert!(picture.starts_with("<svg"), "{picture}");
    for task in ["product", "price", "stock", "reviews", "recommendations", "page"] {
        assert!(picture.contains(&format!(">{task}<")), "{task} in {picture}");
    }
}
