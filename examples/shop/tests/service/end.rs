//! How the shop ends.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::process::{Running, in_time};

#[tokio::test]
async fn what_is_under_way_at_the_end_is_answered_and_nothing_else() {
    in_time(async {
        let services = Running::services("--closed");
        let shop = Running::shop(&services, "--patience 600000 --slow-client 600000 --drain 600000");
        let address = shop.address;
        let clients: Vec<_> =
            (0..20).map(|_| tokio::spawn(reqwest::get(format!("http://{address}/product/7")))).collect();
        let mut idle = TcpStream::connect(address).await.unwrap();
        idle.write_all(b"HEAD /style.css HTTP/1.1\r\nhost: shop\r\n\r\n").await.unwrap();
        assert_eq!(idle.read_u8().await.unwrap(), b'H');
        shop.is_asked(20).await;

        shop.signal("TERM");
        while reqwest::get(format!("http://{}/ready", shop.operators)).await.unwrap().status() != 503 {}
        while TcpStream::connect(address).await.is_ok() {
            sleep(Duration::from_millis(10)).await;
        }
        idle.read_to_end(&mut Vec::new()).await.unwrap();
        shop.is_asked(20).await;

        reqwest::Client::new().post(format!("http://{}/open", services.address)).send().await.unwrap();
        for client in clients {
            let answer = client.await.unwrap().unwrap();
            assert_eq!(answer.status(), 200);
            assert!(answer.text().await.unwrap().contains("String quartets"));
        }
        let (status, log) = shop.ended().await;
        assert!(status.success(), "{status}, {log}");
        assert_eq!(log, "");
    })
    .await;
}

#[tokio::test]
async fn what_is_not_answered_in_time_is_dropped() {
    in_time(async {
        let services = Running::services("--closed");
        let shop = Running::shop(&services, "--patience 600000 --drain 100");
        let client = tokio::spawn(reqwest::get(format!("http://{}/product/7", shop.address)));
        shop.is_asked(1).await;
        shop.signal("INT");
        assert!(client.await.unwrap().is_err());
        let (status, log) = shop.ended().await;
        assert!(status.success(), "{status}");
        assert!(log.contains("WARN") && log.contains("cut_off=1"), "{log}");
    })
    .await;
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    in_time(async {
        let services = Running::services("--closed");
        let shop = Running::shop(&services, "--patience 600000 --drain 600000");
        let client = tokio::spawn(reqwest::get(format!("http://{}/product/7", shop.address)));
        shop.is_asked(1).await;
        shop.signal("TERM");
        while reqwest::get(format!("http://{}/ready", shop.operators)).await.unwrap().status() != 503 {}
        shop.signal("TERM");
        assert_eq!(shop.ended().await.0.code(), Some(1));
        assert!(client.await.unwrap().is_err());
    })
    .await;
}

#[tokio::test]
async fn a_question_for_what_there_is_not_is_no_incident() {
    in_time(async {
        let services = Running::services("");
        let shop = Running::shop(&services, "");
        assert_eq!(shop.product(70_000).await.unwrap().status(), 404);
        shop.signal("TERM");
        assert_eq!(shop.ended().await.1, "");
    })
    .await;
}
