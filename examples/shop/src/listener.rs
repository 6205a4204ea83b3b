//! Accepts connections: as many as there are slots, no slow ones, and none after the shutdown has begun.
//!
//! A client may take `patience` for each step: to send the head of a request, the next one after an answer included, and
//! to read the response. The connection of a slower client is closed, so that a client that does nothing holds its slot for
//! `patience` and no longer. When all slots are taken, a few more connections are served by a router that says so, and the
//! rest are closed at once.
//!
//! At the end no connection is accepted, but for those that the system has accepted already; those that wait for their
//! next request are closed, the others once their answer is sent. Requests without an answer after `drain` are dropped.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener as Accept;
use futures::FutureExt;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;

/// How many connections beyond the limit are told that there is no slot.
const TURNED_AWAY_AT_ONCE: usize = 100;

/// How many bytes and how many headers the head of a request may have.
const LONGEST_HEAD: usize = 16 * 1024;
const HEADERS: usize = 64;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// More connections at once are turned away.
    pub(crate) connections: usize,
    /// How long a client may take for each step.
    pub(crate) patience: Duration,
    /// How long requests under way at the shutdown may still take.
    pub(crate) drain: Duration,
}

pub(crate) struct Listener {
    accepts: TcpListener,
    limits: Limits,
    /// Serves those for whom there is room.
    router: Router,
    /// Serves those for whom there is none.
    full: Router,
    places: Arc<Semaphore>,
    outside: Arc<Semaphore>,
    http: http1::Builder,
    graceful: GracefulShutdown,
    /// They end with the listener.
    connections: JoinSet<()>,
}

impl Listener {
    pub(crate) fn new(accepts: TcpListener, limits: Limits, router: Router, full: Router) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(limits.patience);
        http.max_buf_size(LONGEST_HEAD).max_headers(HEADERS);
        let places = Arc::new(Semaphore::new(limits.connections));
        let outside = Arc::new(Semaphore::new(TURNED_AWAY_AT_ONCE));
        let (graceful, connections) = (GracefulShutdown::new(), JoinSet::new());
        Self { accepts, limits, router, full, places, outside, http, graceful, connections }
    }

    /// Serves until `end`, and answers the requests under way then. Returns how many connections were cut off.
    pub(crate) async fn serve(mut self, end: impl Future<Output = ()>) -> usize {
        let mut end = pin!(end);
        loop {
            tokio::select! {
                () = &mut end => break,
                (stream, _) = Accept::accept(&mut self.accepts) => self.connect(stream),
                // A panic within it has cost its client the connection, and the hook has told the log.
                Some(_) = self.connections.join_next() => {}
            }
        }
        while let Some((stream, _)) = Accept::accept(&mut self.accepts).now_or_never() {
            self.connect(stream);
        }
        drop(self.accepts);
        // Dropping it asks the connections to end.
        drop(self.graceful);
        let all_end = async { while self.connections.join_next().await.is_some() {} };
        _ = timeout(self.limits.drain, all_end).await;
        let cut_off = self.connections.len();
        self.connections.shutdown().await;
        cut_off
    }

    fn connect(&mut self, stream: TcpStream) {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            self.spawn(stream, place, self.router.clone());
        } else if let Ok(place) = Arc::clone(&self.outside).try_acquire_owned() {
            self.spawn(stream, place, self.full.clone());
        }
    }

    fn spawn(&mut self, stream: TcpStream, place: OwnedSemaphorePermit, router: Router) {
        // Where it cannot be set, answers are late, not wrong.
        _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.limits.patience));
        let connection = self.http.serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(router));
        let connection = self.graceful.watch(connection);
        self.connections.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = &error as &dyn std::error::Error, "a connection has broken off");
            }
            drop(place);
        });
    }
}
