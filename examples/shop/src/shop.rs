//! What all requests share, and what the shop counts of them.

use std::sync::atomic::{AtomicU64, Ordering};

use adagio::Profile;

use crate::database::Database;
use crate::remembered::Remembered;
use crate::slow::SlowRequests;
use crate::upstreams::{Price, Stock, Upstreams};

pub(crate) struct Shop {
    pub(crate) database: Database,
    pub(crate) upstreams: Upstreams,
    /// For the time when the services are down.
    pub(crate) prices: Remembered<Price>,
    pub(crate) stocks: Remembered<Stock>,
    pub(crate) requests: Requests,
    pub(crate) slow: SlowRequests,
    /// Which tasks decide how long requests take.
    pub(crate) profile: Profile,
}

/// How many requests there were.
#[derive(Default)]
pub(crate) struct Requests {
    refused: AtomicU64,
    started: AtomicU64,
    answered: AtomicU64,
    left: AtomicU64,
}

impl Requests {
    /// Counts a request until it is answered, or dropped because its client has left.
    pub(crate) fn start(&self) -> UnderWay<'_> {
        UnderWay { requests: self, number: self.started.fetch_add(1, Ordering::Relaxed), is_answered: false }
    }

    /// Counts a request that there was no room for.
    pub(crate) fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    pub(crate) fn started(&self) -> u64 {
        self.started.load(Ordering::Relaxed)
    }

    pub(crate) fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    pub(crate) fn left(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }
}

pub(crate) struct UnderWay<'r> {
    requests: &'r Requests,
    number: u64,
    is_answered: bool,
}

impl UnderWay<'_> {
    /// Returns how many requests there were before.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn answered(mut self) {
        self.is_answered = true;
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let ended = if self.is_answered { &self.requests.answered } else { &self.requests.left };
        ended.fetch_add(1, Ordering::Relaxed);
    }
}
