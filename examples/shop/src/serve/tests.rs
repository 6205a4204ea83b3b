//! The routes of a shop that runs, with a database and services that never fail.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::{Client, Method, Response, StatusCode, header};
use tokio::sync::watch;

use super::{SETTINGS, Settings, open, play, start};
use crate::database::tests::Empty;
use crate::routes::{self, Offer, operators};

struct Running {
    address: SocketAddr,
    operators: SocketAddr,
    client: Client,
    _database: Empty,
}

impl Running {
    async fn start() -> Self {
        Self::with_room_for(100).await
    }

    async fn with_room_for(at_once: usize) -> Self {
        let database = Empty::new().await;
        let settings = Settings { patience: Duration::from_secs(60), ..SETTINGS };
        let shop = open(&database.place, play(0).await.unwrap(), settings).await.unwrap();
        let offer = Offer { at_once, by_hand: true };
        let (_, is_open) = watch::channel(true);
        Self {
            address: start(routes::router(shop.clone(), offer)).await.unwrap(),
            operators: start(operators::router(shop, is_open)).await.unwrap(),
            client: Client::builder().no_proxy().build().unwrap(),
            _database: database,
        }
    }

    /// Asks as a program does.
    async fn get(&self, path: &str) -> (StatusCode, String) {
        read(self.client.get(format!("http://{}{path}", self.address)).send().await.unwrap()).await
    }

    /// Asks as a browser does.
    async fn look_at(&self, path: &str) -> (StatusCode, String) {
        let browser = self.client.get(format!("http://{}{path}", self.address)).header(header::ACCEPT, "text/html");
        read(browser.send().await.unwrap()).await
    }

    async fn operate(&self, path: &str) -> (StatusCode, String) {
        read(self.client.get(format!("http://{}{path}", self.operators)).send().await.unwrap()).await
    }
}

async fn read(answer: Response) -> (StatusCode, String) {
    (answer.status(), answer.text().await.unwrap())
}

const TASKS: [&str; 8] =
    ["product", "price_today", "price", "stock_today", "stock", "reviews", "recommendations", "page"];

#[tokio::test]
async fn the_graph_and_the_code_by_hand_give_the_same_page() {
    let shop = Running::start().await;
    let page = shop.get("/product/7").await;
    assert_eq!(page.0, StatusCode::OK);
    assert_eq!(page, shop.get("/by-hand/product/7").await);
    assert_eq!(shop.look_at("/product/7").await, shop.look_at("/by-hand/product/7").await);
}

#[tokio::test]
async fn a_program_gets_json() {
    let shop = Running::start().await;
    let page: serde_json::Value = serde_json::from_str(&shop.get("/product/7").await.1).unwrap();
    let page = page.as_object().unwrap();
    assert_eq!(page["name"], "String quartets, parts");
    assert!(page.keys().eq(["cents_a_piece", "name", "pieces", "recommendations", "reviews"]), "{page:?}");
    let list: Vec<serde_json::Value> = serde_json::from_str(&shop.get("/").await.1).unwrap();
    assert_eq!(list.len(), 24);
}

#[tokio::test]
async fn a_person_gets_pages_that_lead_to_each_other() {
    let shop = Running::start().await;
    let (status, list) = shop.look_at("/").await;
    assert_eq!(status, StatusCode::OK);
    assert!(list.contains("<a href=\"/product/7\">String quartets, parts</a>"), "{list}");
    let (status, page) = shop.look_at("/product/7").await;
    assert_eq!(status, StatusCode::OK);
    for part in ["<h1>String quartets, parts</h1>", "<a href=\"/\">", ">★★★☆☆<", "the first of scores", "€7.40"]
    {
        assert!(page.contains(part), "{part} in {page}");
    }
}

#[tokio::test]
async fn a_product_that_is_not_there_is_a_404_either_way() {
    let shop = Running::start().await;
    for path in ["/product/70000", "/by-hand/product/70000", "/product/seven", "/product/%ff", "/basket"] {
        assert_eq!(shop.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
        let (status, page) = shop.look_at(path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.contains("<h1>We do not have that</h1>"), "{page}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_is_a_413_and_any_other_a_405() {
    let shop = Running::start().await;
    for (length, status) in [(17 << 10, StatusCode::PAYLOAD_TOO_LARGE), (1, StatusCode::METHOD_NOT_ALLOWED)] {
        let request = shop.client.request(Method::POST, format!("http://{}/product/7", shop.address));
        assert_eq!(request.body(vec![b'x'; length]).send().await.unwrap().status(), status);
    }
}

#[tokio::test]
async fn every_answer_tells_the_browser_to_run_and_load_nothing() {
    let shop = Running::start().await;
    for path in ["/", "/product/7", "/basket", "/style.css"] {
        let answer = shop.client.get(format!("http://{}{path}", shop.address)).send().await.unwrap();
        let headers = answer.headers();
        assert!(headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("default-src 'none';"));
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[header::VARY], "accept");
    }
}

#[tokio::test]
async fn a_full_house_answers_at_once_when_to_come_again() {
    let shop = Running::with_room_for(0).await;
    for (accept, type_of_answer) in [("text/html", "text/html; charset=utf-8"), ("*/*", "application/json")] {
        let request = shop.client.get(format!("http://{}/product/7", shop.address)).header(header::ACCEPT, accept);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()[header::RETRY_AFTER], "1");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], type_of_answer);
    }
    let gauges: serde_json::Value = serde_json::from_str(&shop.operate("/gauges").await.1).unwrap();
    assert_eq!((&gauges["refused"], &gauges["started"]), (&2.into(), &0.into()));
}

#[tokio::test]
async fn what_operators_look_at_is_not_for_all() {
    let shop = Running::start().await;
    for path in ["/graph", "/gauges", "/ready", "/slow/0", "/trace/7"] {
        assert_eq!(shop.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(shop.get("/product/7?trace=1").await, shop.get("/product/7").await);
}

#[tokio::test]
async fn a_trace_is_a_page_with_every_task_of_the_request() {
    let shop = Running::start().await;
    let (status, page) = shop.operate("/trace/7").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.starts_with("<!DOCTYPE html>"), "{page}");
    for task in TASKS {
        assert!(page.contains(&format!(">{task}<")), "{task} in {page}");
    }
}

#[tokio::test]
async fn the_trace_of_a_product_that_is_not_there_is_a_404() {
    let shop = Running::start().await;
    let (status, page) = shop.operate("/trace/70000").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(page.contains("there is no product 70000"), "{page}");
}

#[tokio::test]
async fn the_picture_has_every_task_of_a_request() {
    let shop = Running::start().await;
    let (status, picture) = shop.operate("/graph").await;
    assert_eq!(status, StatusCode::OK);
    assert!(picture.starts_with("<svg"), "{picture}");
    for task in TASKS {
        assert!(picture.contains(&format!(">{task}<")), "{task} in {picture}");
    }
}

#[tokio::test]
async fn the_slowest_requests_are_listed_with_their_timelines() {
    let shop = Running::start().await;
    shop.get("/product/7").await;
    let (_, overview) = shop.operate("/").await;
    assert!(overview.contains("<a href=\"/slow/0\">timeline</a>"), "{overview}");
    let (status, timeline) = shop.operate("/slow/0").await;
    assert_eq!(status, StatusCode::OK);
    assert!(timeline.contains(">recommendations<"), "{timeline}");
    assert_eq!(shop.operate("/slow/1").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_profile_counts_every_request() {
    let shop = Running::start().await;
    for _ in 0..3 {
        shop.get("/product/7").await;
    }
    let (status, profile) = shop.operate("/profile").await;
    assert_eq!(status, StatusCode::OK);
    assert!(profile.contains("<b>3</b> <span>runs</span>"), "{profile}");
    // A long name may be broken behind a `_`.
    let profile = profile.replace("<wbr>", "");
    for task in TASKS {
        assert!(profile.contains(&format!("<td class=\"name\">{task}</td>")), "{task} in {profile}");
    }
}

#[tokio::test]
async fn operators_are_answered_under_no_name_from_elsewhere() {
    let shop = Running::start().await;
    for (host, status) in [
        ("localhost:3001", StatusCode::OK),
        ("127.0.0.1", StatusCode::OK),
        ("[::1]:3001", StatusCode::OK),
        ("rebound.example:3001", StatusCode::MISDIRECTED_REQUEST),
    ] {
        let request = shop.client.get(format!("http://{}/gauges", shop.operators)).header(header::HOST, host);
        assert_eq!(request.send().await.unwrap().status(), status, "{host}");
    }
}
