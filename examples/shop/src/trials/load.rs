//! Clients that keep their connections, and see each byte that comes back on them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::right::RightAnswers;
use crate::Failure;
use crate::upstreams::REQUEST_ID;

pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) says_when_to_retry: bool,
    pub(crate) body: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::with_capacity(1024, stream) })
    }

    pub(crate) async fn send(&mut self, path: &str, request: u64) -> io::Result<()> {
        let head = format!("GET {path} HTTP/1.1\r\nhost: shop\r\n{REQUEST_ID}: {request}\r\n\r\n");
        self.stream.write_all(head.as_bytes()).await
    }

    /// Sends a request of which the end is missing.
    pub(crate) async fn send_half(&mut self, path: &str) -> io::Result<()> {
        self.stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: sh").as_bytes()).await
    }

    /// Reads one answer, after which nothing may come.
    pub(crate) async fn answer(&mut self) -> io::Result<Answer> {
        let status = self.line().await?;
        let status = status.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(unreadable)?;
        let (mut length, mut says_when_to_retry) = (0, false);
        loop {
            let line = self.line().await?;
            let Some((name, value)) = line.split_once(": ") else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().map_err(|_| unreadable())?;
            }
            says_when_to_retry |= name.eq_ignore_ascii_case("retry-after");
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        let answer = Answer { status, says_when_to_retry, body };
        if self.stream.buffer().is_empty() { Ok(answer) } else { Err(unreadable()) }
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}

fn unreadable() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

/// An answer, and how long it took.
#[derive(Clone, Debug)]
pub(crate) struct Timed {
    pub(crate) took: Duration,
    pub(crate) status: u16,
    pub(crate) says_when_to_retry: bool,
    /// Whether something in it is not of now, or missing.
    pub(crate) is_partial: bool,
}

/// Of many answers, in milliseconds.
#[derive(Clone, Copy)]
pub(crate) struct Latencies {
    pub(crate) median: f64,
    pub(crate) p99: f64,
    pub(crate) most: f64,
}

impl Latencies {
    /// Returns the latencies of answers, or zeros if there are none.
    pub(crate) fn of(timed: &[Timed]) -> Self {
        let mut latencies: Vec<_> = timed.iter().map(|timed| timed.took).collect();
        latencies.sort_unstable();
        let last = latencies.len().saturating_sub(1);
        let at = |per_cent: usize| {
            let latency = latencies.get((latencies.len() * per_cent / 100).min(last));
            latency.map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
        };
        Self { median: at(50), p99: at(99), most: at(100) }
    }
}

/// Requests for products that the shop has.
pub(crate) struct Load {
    pub(crate) shop: SocketAddr,
    pub(crate) right: Arc<RightAnswers>,
}

impl Load {
    /// Lets `clients` clients ask one question after another for some time.
    pub(crate) async fn ask(&self, clients: usize, time: Duration) -> Result<Vec<Timed>, Failure> {
        self.clients(clients, None, time).await
    }

    /// Lets clients send `rate` requests a second in all, whether or not earlier requests have been answered. A client
    /// that waits for an answer sends its next request when the answer has come.
    pub(crate) async fn send(&self, clients: usize, rate: f64, time: Duration) -> Result<Vec<Timed>, Failure> {
        self.clients(clients, Some(Duration::from_secs_f64(1.0 / rate)), time).await
    }

    async fn clients(&self, clients: usize, every: Option<Duration>, time: Duration) -> Result<Vec<Timed>, Failure> {
        let mut connections = Vec::new();
        for _ in 0..clients {
            connections.push(Connection::open(self.shop).await?);
        }
        let (mut asking, begun) = (JoinSet::new(), Instant::now());
        for (number, connection) in (0..).zip(connections) {
            let pace = every.map(|every| (begun + every * number, every * u32::try_from(clients).unwrap_or(u32::MAX)));
            asking.spawn(ask(connection, Arc::clone(&self.right), u64::from(number) << 32, pace, begun + time));
        }
        let mut timed = Vec::new();
        while let Some(client) = asking.join_next().await {
            timed.extend(client??);
        }
        Ok(timed)
    }
}

/// Asks for one product after another, at the pace of a first moment and a time between two, until the end.
async fn ask(
    mut connection: Connection,
    right: Arc<RightAnswers>,
    first: u64,
    pace: Option<(Instant, Duration)>,
    end: Instant,
) -> Result<Vec<Timed>, Failure> {
    let mut timed = Vec::new();
    let mut next = pace.map_or_else(Instant::now, |(first, _)| first);
    for request in (first..).filter(|request| right.knows(*request)) {
        if next.max(Instant::now()) >= end {
            break;
        }
        sleep_until(next).await;
        let begun = Instant::now();
        connection.send(&format!("/product/{}", right.product_of(request)), request).await?;
        let answer = connection.answer().await?;
        let Answer { status, says_when_to_retry, .. } = answer;
        let body = String::from_utf8_lossy(&answer.body);
        let is_partial = ["_age\":", "\"recommendations\":null"].iter().any(|part| body.contains(part));
        if status == 200 && !is_partial && !right.is_right(request, &answer) {
            return Err(format!("wrong: {answer:?}").into());
        }
        timed.push(Timed { took: begun.elapsed(), status, says_when_to_retry, is_partial });
        next = pace.map_or_else(Instant::now, |(_, every)| next + every);
    }
    Ok(timed)
}
