//! Three little services, each behind a TCP port of the system's choosing: they read a line, take their time, and answer
//! from a data file of lines `request: answer`.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Where the services listen.
pub(crate) struct Addresses {
    pub(crate) users: SocketAddr,
    pub(crate) carts: SocketAddr,
    pub(crate) rates: SocketAddr,
}

pub(crate) enum Upstreams {
    AllUp,
    RatesDown,
}

pub(crate) async fn start_upstreams(upstreams: Upstreams) -> io::Result<Addresses> {
    let rates = match upstreams {
        Upstreams::AllUp => Some(include_str!("data/rates.txt")),
        Upstreams::RatesDown => None,
    };
    Ok(Addresses {
        users: start(Some(include_str!("data/users.txt")), Duration::from_millis(20)).await?,
        carts: start(Some(include_str!("data/carts.txt")), Duration::from_millis(40)).await?,
        rates: start(rates, Duration::from_millis(35)).await?,
    })
}

/// Starts a service; one without data hangs up instead of answering.
async fn start(data: Option<&'static str>, latency: Duration) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, data, latency));
        }
    });
    Ok(address)
}

async fn serve(stream: TcpStream, data: Option<&'static str>, latency: Duration) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    stream.read_line(&mut request).await?;
    tokio::time::sleep(latency).await;
    let Some(data) = data else { return Ok(()) };
    let mut entries = data.lines().filter_map(|line| line.split_once(": "));
    let answer = match entries.find(|(known, _)| *known == request.trim_end()) {
        Some((_, answer)) => format!("ok {answer}\n"),
        None => "unknown\n".to_owned(),
    };
    stream.write_all(answer.as_bytes()).await
}
