//! `lazy` in `#[depends(..)]`: a task that runs only if a body awaits it.
#![allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "many tasks here are done at once")]
#![allow(clippy::ref_option, reason = "a task takes what another returns")]

mod asks;
#[cfg(feature = "tokio")]
mod attempts;
mod blocks;
mod failures;
mod limits;
mod observers;
mod waits;

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Mutex;
use std::task::Poll;

use adagio::{Lazy, TaskError, dag};

use crate::common::Stage;

/// Awaits both, polled in turn.
async fn both<A: Future, B: Future>(one: A, other: B) -> (A::Output, B::Output) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut first, mut second) = (None, None);
    poll_fn(|cx| {
        if first.is_none() {
            first = done(one.as_mut().poll(cx));
        }
        if second.is_none() {
            second = done(other.as_mut().poll(cx));
        }
        if first.is_some() && second.is_some() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    (first.unwrap(), second.unwrap())
}

fn done<T>(poll: Poll<T>) -> Option<T> {
    match poll {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Drops the first if the second is done earlier.
async fn either<A: Future, B: Future>(one: A, other: B) -> Result<A::Output, B::Output> {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|cx| match one.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Ok(value)),
        Poll::Pending => other.as_mut().poll(cx).map(Err),
    })
    .await
}

#[derive(Clone, Debug, PartialEq)]
struct ApiError(&'static str);

impl std::fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "no {}", self.0)
    }
}

impl std::error::Error for ApiError {}

#[derive(Default)]
struct Page {
    stage: Stage,
    is_cached: bool,
    is_down: Mutex<bool>,
}

impl Page {
    fn with_cache() -> Self {
        Self { is_cached: true, ..Self::default() }
    }

    fn down() -> Self {
        Self { is_down: Mutex::new(true), ..Self::default() }
    }
}

#[dag]
impl Page {
    async fn cached(&self) -> bool {
        self.is_cached
    }

    /// Serves `load` alone.
    async fn session(&self) -> u32 {
        self.stage.act("session").await;
        3
    }

    #[depends(session)]
    async fn load(&self, session: &u32) -> u32 {
        self.stage.act("load").await;
        session + 4
    }

    #[depends(cached, lazy load)]
    async fn page(&self, cached: &bool, load: Lazy<'_, u32>) -> u32 {
        self.stage.log("page");
        if *cached { 1 } else { *load.await }
    }

    /// Stops waiting when its own gate opens.
    #[depends(lazy load)]
    async fn hurried(&self, load: Lazy<'_, u32>) -> Option<u32> {
        either(load.into_future(), self.stage.gate("hurry")).await.ok().copied()
    }

    async fn api(&self) -> Result<u32, ApiError> {
        self.stage.act("api").await;
        if *self.is_down.lock().unwrap() { Err(ApiError("api")) } else { Ok(5) }
    }

    #[depends(lazy api)]
    async fn asker(&self, api: Lazy<'_, u32>) -> u32 {
        self.stage.act("asker").await;
        let guard = Guard(&self.stage);
        let api = api.await;
        drop(guard);
        *api
    }

    #[depends(catch asker)]
    fn shown(&self, asker: Option<&u32>) -> u32 {
        asker.map_or(0, |asker| asker + 1)
    }

    #[depends(catch asker)]
    fn told(&self, asker: Result<&u32, TaskError>) -> String {
        asker.map_or_else(|error| error.to_string(), ToString::to_string)
    }

    /// Asks for both only after its own gate.
    #[depends(lazy page, lazy session)]
    async fn two(&self, page: Lazy<'_, u32>, session: Lazy<'_, u32>) -> u32 {
        let (page, session) = both(page.into_future(), session.into_future()).await;
        page * 10 + session
    }

    #[depends(lazy api)]
    async fn polite(&self, api: Lazy<'_, u32>) -> Option<u32> {
        self.stage.gate("polite").await;
        api.peek().copied()
    }

    #[depends(polite, lazy asker)]
    async fn unneeded(&self, polite: &Option<u32>, asker: Lazy<'_, u32>) -> Option<u32> {
        if polite.is_some() { Some(*asker.await) } else { None }
    }
}

/// Logs its drop.
struct Guard<'s>(&'s Stage);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.log("dropped");
    }
}

fn open(page: &Page, gates: &[&'static str]) {
    for gate in gates {
        page.stage.open(gate);
    }
}
