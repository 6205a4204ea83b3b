//! What the shop does without the services that it asks.

use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

use crate::process::{Running, in_time};

async fn page(shop: &Running, id: u64) -> Value {
    let answer = shop.product(id).await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

#[tokio::test]
async fn what_was_told_last_stands_in_until_the_services_are_back() {
    in_time(async {
        let services = Running::services("");
        let port = services.address.port();
        let shop = Running::shop(&services, "");
        let before = page(&shop, 7).await;
        assert!(before.get("price_age").is_none(), "{before}");
        drop(services);

        let during = page(&shop, 7).await;
        assert_eq!((&during["cents_a_piece"], &during["pieces"]), (&before["cents_a_piece"], &before["pieces"]));
        assert!(during["price_age"].is_u64() && during["stock_age"].is_u64(), "{during}");
        assert!(during["recommendations"].is_null());
        assert_eq!(shop.product(8).await.unwrap().status(), 502, "nobody has asked for it before");
        for _ in 0..20 {
            page(&shop, 7).await;
        }
        let unknown = shop.product(8).await.unwrap();
        assert_eq!((unknown.status().as_u16(), unknown.headers()["retry-after"].to_str().unwrap()), (503, "1"));

        let _services = Running::services(&format!("--port {port}"));
        while page(&shop, 7).await != before {
            sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(shop.product(8).await.unwrap().status(), 200);
    })
    .await;
}
