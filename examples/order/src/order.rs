//! The graph. Nothing in it knows where its results are kept.

use std::fmt;

use adagio::{TimedOut, dag};
use serde::{Deserialize, Serialize};

use crate::upstream::Upstream;

pub(crate) struct Order {
    pub(crate) new: NewOrder,
    pub(crate) upstream: Upstream,
    /// Which life of the program it is, to be printed.
    pub(crate) life: Option<u32>,
}

/// The input of an invocation.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct NewOrder {
    pub(crate) id: u64,
    pub(crate) item: String,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Parcel {
    number: String,
}

#[dag(durable)]
impl Order {
    /// Puts the goods aside.
    async fn reserve(&self) -> Result<String, OrderError> {
        self.ask("reserve").await
    }

    /// Looks up where they go.
    async fn address(&self) -> Result<String, OrderError> {
        self.ask("address").await
    }

    /// The bank is often busy.
    #[depends(reserve)]
    #[task(retry = 5, backoff = "50ms..1s", retry_if = OrderError::is_busy)]
    async fn charge(&self) -> Result<String, OrderError> {
        self.ask("charge").await
    }

    #[depends(charge, address)]
    #[task(timeout = "30s")]
    async fn ship(&self) -> Result<Parcel, OrderError> {
        Ok(Parcel { number: self.ask("ship").await? })
    }

    /// Sends a mail to the customer, and returns its text.
    #[depends(charge, ship)]
    pub(crate) async fn mail(&self, charge: &str, ship: &Parcel) -> Result<String, OrderError> {
        let letter = self.ask("mail").await?;
        Ok(format!("{letter}: {} in {}, paid with {charge}", self.new.item, ship.number))
    }
}

impl Order {
    /// Every step may be asked for again after a crash: the upstream knows a request by the number of the order.
    async fn ask(&self, step: &'static str) -> Result<String, OrderError> {
        if let Some(life) = self.life {
            println!("    life {life}: {step}");
        }
        let answer = self.upstream.ask(step, self.new.id).await.map_err(|error| OrderError::Down(error.to_string()))?;
        if answer == "busy" { Err(OrderError::Busy(step)) } else { Ok(answer) }
    }
}

#[derive(Debug)]
pub(crate) enum OrderError {
    Busy(&'static str),
    Down(String),
    TimedOut(TimedOut),
}

impl OrderError {
    fn is_busy(&self) -> bool {
        matches!(self, Self::Busy(_))
    }
}

impl fmt::Display for OrderError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy(step) => write!(formatter, "`{step}` is busy"),
            Self::Down(error) => write!(formatter, "the upstream is down: {error}"),
            Self::TimedOut(timed_out) => timed_out.fmt(formatter),
        }
    }
}

impl std::error::Error for OrderError {}

impl From<TimedOut> for OrderError {
    fn from(timed_out: TimedOut) -> Self {
        Self::TimedOut(timed_out)
    }
}
