//! The clients of the three services that the shop asks.

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use adagio::TimedOut;
use reqwest::{Client, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::breaker::Breaker;

/// How many calls of one service may be under way at once: each has a connection of its own.
pub(crate) const CALLS_AT_ONCE: usize = 4000;

/// A connection that nobody has used for so long is closed.
const IDLE: Duration = Duration::from_secs(1);

pub(crate) const REQUEST_ID: &str = "x-request-id";

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub(crate) struct Price {
    pub(crate) cents: u32,
    /// How many pieces cost that.
    pub(crate) pack: u32,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub(crate) struct Stock {
    pub(crate) pieces: u32,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Addresses {
    pub(crate) prices: SocketAddr,
    pub(crate) stock: SocketAddr,
    pub(crate) recommendations: SocketAddr,
}

pub(crate) struct Upstreams {
    client: Client,
    patience: Duration,
    prices: Service,
    stock: Service,
    recommendations: Service,
}

struct Service {
    name: &'static str,
    address: SocketAddr,
    calls: Semaphore,
    breaker: Breaker,
}

impl Upstreams {
    /// Creates clients. A price that is not there after `patience` is given up; a service that fails `breaker` times in a
    /// row is not called for a while.
    pub(crate) fn new(addresses: Addresses, patience: Duration, breaker: u32) -> reqwest::Result<Self> {
        let service = |name, address| {
            let calls = Semaphore::new(CALLS_AT_ONCE);
            Service { name, address, calls, breaker: Breaker::new(breaker) }
        };
        Ok(Self {
            client: Client::builder().no_proxy().pool_idle_timeout(IDLE).build()?,
            patience,
            prices: service("prices", addresses.prices),
            stock: service("stock", addresses.stock),
            recommendations: service("recommendations", addresses.recommendations),
        })
    }

    pub(crate) async fn price(&self, product_id: i64, request: u64) -> Result<Price, UpstreamError> {
        let path = format!("price/{product_id}");
        let price = self.get(&self.prices, &path, request);
        tokio::time::timeout(self.patience, price).await.unwrap_or(Err(UpstreamError::Late { service: "prices" }))
    }

    pub(crate) async fn stock(&self, product_id: i64, request: u64) -> Result<Stock, UpstreamError> {
        self.get(&self.stock, &format!("stock/{product_id}"), request).await
    }

    pub(crate) async fn recommendations(&self, category: &str, request: u64) -> Result<Vec<String>, UpstreamError> {
        self.get(&self.recommendations, &format!("recommendations/{category}"), request).await
    }

    async fn get<T: DeserializeOwned>(&self, service: &Service, path: &str, request: u64) -> Result<T, UpstreamError> {
        let &Service { name, address, ref calls, ref breaker } = service;
        let call = breaker.begin().ok_or(UpstreamError::LeftInPeace { service: name })?;
        let _turn = calls.acquire().await;
        let request = self.client.get(format!("http://{address}/{path}")).header(REQUEST_ID, request);
        let answer = async { request.send().await?.error_for_status()?.json().await };
        match answer.await {
            Ok(answer) => {
                call.succeeded();
                Ok(answer)
            }
            Err(error) => {
                // A service that refuses a question is up: else whoever asks for what there is not would break it.
                if error.status().is_some_and(is_about_the_question) {
                    call.succeeded();
                } else {
                    call.failed();
                }
                Err(UpstreamError::Failed { service: name, source: Arc::new(error) })
            }
        }
    }

    /// Returns each service with a word for how it is treated.
    pub(crate) fn words(&self) -> [(&'static str, &'static str); 3] {
        [&self.prices, &self.stock, &self.recommendations].map(|service| (service.name, service.breaker.word()))
    }
}

/// A service has not answered as it should.
#[derive(Clone, Debug)]
pub(crate) enum UpstreamError {
    Failed {
        service: &'static str,
        source: Arc<reqwest::Error>,
    },
    /// It has failed so often that it is not asked for a while.
    LeftInPeace {
        service: &'static str,
    },
    Late {
        service: &'static str,
    },
    TimedOut(TimedOut),
}

impl UpstreamError {
    /// Whether the next call may well succeed.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            // What cannot be read now cannot be read later; a connection that breaks off is no matter of reading.
            Self::Failed { source, .. } => !source.is_decode() || is_cut_off(source),
            Self::Late { .. } | Self::TimedOut(_) => true,
            Self::LeftInPeace { .. } => false,
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Failed { .. } => StatusCode::BAD_GATEWAY,
            Self::LeftInPeace { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Late { .. } | Self::TimedOut(_) => StatusCode::GATEWAY_TIMEOUT,
        }
    }
}

fn is_about_the_question(status: StatusCode) -> bool {
    status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS
}

/// Whether the connection ended within the answer, which `reqwest` calls a matter of decoding, too.
fn is_cut_off(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        if error.is::<serde_json::Error>() {
            return false;
        }
        source = error.source();
    }
    true
}

impl From<TimedOut> for UpstreamError {
    fn from(timed_out: TimedOut) -> Self {
        Self::TimedOut(timed_out)
    }
}

impl fmt::Display for UpstreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { service, .. } => write!(f, "the service `{service}` failed"),
            Self::LeftInPeace { service } => write!(f, "the service `{service}` is down"),
            Self::Late { service } => write!(f, "the service `{service}` is late"),
            Self::TimedOut(timed_out) => write!(f, "a service {timed_out}"),
        }
    }
}

impl Error for UpstreamError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed { source, .. } => Some(source),
            Self::Late { .. } | Self::LeftInPeace { .. } | Self::TimedOut(_) => None,
        }
    }
}
