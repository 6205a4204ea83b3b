//! The client of the three services. It tells when a call starts, ends or is stopped.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::upstream::Addresses;

pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) cart_id: String,
    pub(crate) currency: String,
}

pub(crate) struct Cart {
    pub(crate) lines: Vec<Line>,
}

pub(crate) struct Line {
    pub(crate) count: u32,
    /// In euro cents.
    pub(crate) price: u32,
}

pub(crate) struct Coupon {
    pub(crate) percent: u32,
}

/// For each currency, what 10,000 of the base are worth.
pub(crate) struct Rates {
    pub(crate) per_10_000: HashMap<String, u32>,
}

pub(crate) struct Api {
    addresses: Addresses,
    start: Instant,
    stopped: Mutex<Vec<&'static str>>,
}

impl Api {
    pub(crate) fn new(addresses: Addresses) -> Self {
        Self { addresses, start: Instant::now(), stopped: Mutex::new(Vec::new()) }
    }

    pub(crate) async fn user(&self, id: u32) -> Result<User, ApiError> {
        self.call("user", self.addresses.users, &id.to_string(), |answer| {
            let [name, cart_id, currency] = fields(answer)?;
            Some(User { name: name.to_owned(), cart_id: cart_id.to_owned(), currency: currency.to_owned() })
        })
        .await
    }

    pub(crate) async fn cart(&self, id: &str) -> Result<Cart, ApiError> {
        self.call("cart", self.addresses.carts, id, |answer| {
            let line = |line: &str| {
                let mut words = line.split(' ');
                let (count, _article, price) = (words.next()?, words.next()?, words.next()?);
                Some(Line { count: count.parse().ok()?, price: price.parse().ok()? })
            };
            Some(Cart { lines: answer.split(", ").map(line).collect::<Option<_>>()? })
        })
        .await
    }

    pub(crate) async fn coupon(&self, name: &str) -> Result<Coupon, ApiError> {
        let percent = |answer: &str| Some(Coupon { percent: answer.parse().ok()? });
        self.call("coupon", self.addresses.carts, name, percent).await
    }

    pub(crate) async fn rates(&self, base: &str) -> Result<Rates, ApiError> {
        self.call("rates", self.addresses.rates, base, |answer| {
            let rate = |rate: &str| {
                let (currency, per_10_000) = rate.split_once(' ')?;
                Some((currency.to_owned(), per_10_000.parse().ok()?))
            };
            Some(Rates { per_10_000: answer.split(", ").map(rate).collect::<Option<_>>()? })
        })
        .await
    }

    /// Returns the calls that were dropped before they had an answer.
    pub(crate) fn stopped(&self) -> MutexGuard<'_, Vec<&'static str>> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn call<T>(
        &self,
        what: &'static str,
        address: SocketAddr,
        key: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, ApiError> {
        let call = Call::start(self, what);
        let answer = exchange(address, &format!("{what} {key}")).await;
        let value = answer.and_then(|answer| {
            let text = answer.strip_prefix("ok ").unwrap_or_default();
            parse(text).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("the answer was `{answer}`")))
        });
        call.end(if value.is_ok() { "done" } else { "failed" });
        value.map_err(|source| ApiError { what, source })
    }
}

/// Sends a line and reads one.
async fn exchange(address: SocketAddr, request: &str) -> io::Result<String> {
    let mut stream = BufReader::new(TcpStream::connect(address).await?);
    stream.write_all(format!("{request}\n").as_bytes()).await?;
    let mut answer = String::new();
    if stream.read_line(&mut answer).await? == 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the service hung up"));
    }
    Ok(answer.trim_end().to_owned())
}

fn fields<const N: usize>(answer: &str) -> Option<[&str; N]> {
    answer.split(", ").collect::<Vec<_>>().try_into().ok()
}

/// A call under way; one that is dropped before its end was stopped.
struct Call<'a> {
    api: &'a Api,
    what: &'static str,
    outcome: &'static str,
}

impl<'a> Call<'a> {
    fn start(api: &'a Api, what: &'static str) -> Self {
        let call = Self { api, what, outcome: "stopped" };
        call.tell("started");
        call
    }

    fn end(mut self, outcome: &'static str) {
        self.outcome = outcome;
    }

    fn tell(&self, event: &str) {
        println!("  {:>3} ms  {:<6}  {event}", self.api.start.elapsed().as_millis(), self.what);
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.tell(self.outcome);
        if self.outcome == "stopped" {
            self.api.stopped().push(self.what);
        }
    }
}

/// A service could not be asked.
#[derive(Debug)]
pub(crate) struct ApiError {
    what: &'static str,
    source: io::Error,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} could not be fetched", self.what)
    }
}

impl Error for ApiError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}
