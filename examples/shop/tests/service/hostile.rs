//! What clients that mean no good can do to the shop: not much, and not for long.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::process::{Running, in_time};

const ASK: &[u8] = b"GET /product/7 HTTP/1.1\r\nhost: shop\r\n\r\n";

#[derive(Clone, Copy, Debug)]
enum Attack {
    /// Connects, and that is all.
    Silent,
    /// Sends half a head.
    Half,
    /// Sends a head that never ends, byte by byte.
    Drip,
    /// Asks once, and stays.
    Stays,
    /// Announces a body that never comes.
    NoBody,
    /// Asks over and over, and reads nothing.
    Deaf,
}

const ATTACKS: [Attack; 6] = [Attack::Silent, Attack::Half, Attack::Drip, Attack::Stays, Attack::NoBody, Attack::Deaf];

/// Attacks until the shop closes the connection.
async fn attack(shop: SocketAddr, attack: Attack) -> io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    // What the system takes for a client is soon full.
    socket.set_recv_buffer_size(4096)?;
    let mut stream = socket.connect(shop).await?;
    match attack {
        Attack::Silent => {}
        Attack::Half => stream.write_all(b"GET /product/7 HTTP/1.1\r\nhost: sh").await?,
        Attack::Drip => {
            stream.write_all(b"GET /product/7 HTTP/1.1\r\nx: ").await?;
            loop {
                stream.write_all(b"x").await?;
                sleep(Duration::from_millis(20)).await;
            }
        }
        Attack::Stays => stream.write_all(ASK).await?,
        Attack::NoBody => {
            stream.write_all(b"POST /product/7 HTTP/1.1\r\nhost: shop\r\ncontent-length: 1000\r\n\r\n").await?;
        }
        Attack::Deaf => loop {
            stream.write_all(b"GET /style.css HTTP/1.1\r\nhost: shop\r\n\r\n").await?;
        },
    }
    stream.read_to_end(&mut Vec::new()).await.map(drop)
}

#[tokio::test]
async fn clients_that_take_their_time_are_closed_while_others_are_served() {
    in_time(async {
        let services = Running::services("");
        let shop = Running::shop(&services, "--slow-client 300 --connections 200");
        assert_eq!(shop.product(7).await.unwrap().status(), 200);
        let mut attackers = JoinSet::new();
        for number in 0..120 {
            attackers.spawn(attack(shop.address, ATTACKS[number % ATTACKS.len()]));
        }
        assert_eq!(shop.product(7).await.unwrap().status(), 200);
        // Each ends because the shop ends it; with which error does not matter.
        while let Some(attacker) = attackers.join_next().await {
            _ = attacker.unwrap();
        }
        assert_eq!(shop.product(7).await.unwrap().status(), 200);
        shop.is_asked(0).await;
    })
    .await;
}

#[tokio::test]
async fn a_request_that_is_too_large_or_none_at_all_is_refused() {
    in_time(async {
        let services = Running::services("");
        let shop = Running::shop(&services, "");
        let long = format!("GET /{} HTTP/1.1\r\nhost: shop\r\n\r\n", "x".repeat(20 << 10));
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(65));
        let body = "POST / HTTP/1.1\r\nhost: shop\r\ncontent-length: 17000\r\n\r\n";
        for (request, status) in [
            (long.as_str(), &["414", "431"][..]),
            (&many, &["431"]),
            (body, &["413"]),
            ("\x16\x03\x01 is TLS\r\n\r\n", &["400"]),
            ("GET / HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n", &["400", "200"]),
            ("GET /product/../../etc/passwd HTTP/1.1\r\nhost: shop\r\n\r\n", &["404"]),
        ] {
            let mut stream = TcpStream::connect(shop.address).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).await.unwrap();
            let answer = String::from_utf8_lossy(&answer);
            assert!(status.iter().any(|status| answer == format!("HTTP/1.1 {status}")), "{answer} to {request:.40}");
        }
        shop.signal("TERM");
        assert_eq!(shop.ended().await.1, "", "none of this is an incident");
    })
    .await;
}

#[tokio::test]
async fn connections_beyond_the_limit_are_turned_away_and_those_within_go_on() {
    in_time(async {
        let services = Running::services("");
        let shop = Running::shop(&services, "--connections 5 --slow-client 600000");
        let mut inside = Vec::new();
        for _ in 0..5 {
            let mut stream = TcpStream::connect(shop.address).await.unwrap();
            stream.write_all(ASK).await.unwrap();
            stream.read_u8().await.unwrap();
            inside.push(stream);
        }
        let answer = shop.product(7).await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (503, "1"));

        // The last connections are beyond the limit: nobody answers them.
        let mut outside = Vec::new();
        for _ in 0..150 {
            outside.push(TcpStream::connect(shop.address).await.unwrap());
        }
        assert!(shop.product(7).await.is_err());
        inside[0].write_all(ASK).await.unwrap();
        let mut answer = [0; 1 << 10];
        assert!(inside[0].read(&mut answer).await.unwrap() > 0);

        drop((inside, outside));
        while shop.product(7).await.is_ok_and(|answer| answer.status() != 200) {
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}
