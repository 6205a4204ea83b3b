//! The server, which answers requests until it is closed.

use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedSender, WeakUnboundedSender};
use tokio::sync::oneshot;

use crate::background::Background;
use crate::cache::Cache;
use crate::worker::Worker;

pub(crate) struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    work: Background<io::Result<()>>,
    /// Dropped when the server is closed, so that a request that takes longer than `close_timeout` keeps no worker waiting.
    _queue: UnboundedSender<String>,
}

/// The parts that requests use.
#[derive(Clone)]
struct Notes {
    cache: Cache,
    queue: WeakUnboundedSender<String>,
}

impl Server {
    pub(crate) async fn start(address: SocketAddr, cache: &Cache, worker: &Worker) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let queue = worker.queue();
        let notes = Notes { cache: cache.clone(), queue: queue.downgrade() };
        let router = Router::new().route("/notes", get(read).post(add)).with_state(notes);
        let (stop, stopped) = oneshot::channel();
        let serve = axum::serve(listener, router).with_graceful_shutdown(async { _ = stopped.await });
        Ok(Self { address, stop, work: Background::spawn(async move { serve.await }), _queue: queue })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts no more connections, and waits until all requests are answered.
    pub(crate) async fn close(self) -> io::Result<()> {
        _ = self.stop.send(());
        self.work.join().await.map_err(io::Error::from)?
    }
}

async fn read(State(notes): State<Notes>) -> String {
    notes.cache.text()
}

async fn add(State(notes): State<Notes>, note: String) -> StatusCode {
    // The worker closes after the server, so that it takes every note, unless the database has failed or the request has
    // taken longer than the server waits for it. A note that is refused is not shown.
    let is_taken = notes.queue.upgrade().is_some_and(|queue| queue.send(note.clone()).is_ok());
    if !is_taken {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    notes.cache.add(note);
    StatusCode::CREATED
}

#[cfg(test)]
pub(crate) mod tests {
    use std::future::poll_fn;
    use std::task::Poll;
    use std::time::Duration;

    use sqlx::SqlitePool;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::time::timeout;

    use super::*;

    /// A test that takes longer hangs.
    const DEADLINE: Duration = Duration::from_secs(180);

    /// Asks a server for its notes, or adds one. Returns the status and the body of the answer.
    pub(crate) async fn ask(address: SocketAddr, method: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!("{method} /notes HTTP/1.1\r\nhost: notes\r\nconnection: close\r\n");
        let request = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }
    async fn parts() -> (Cache, Worker, Server) {
        let database = SqlitePool::connect_lazy("sqlite::memory:").unwrap();
        let (cache, worker) = (Cache::default(), Worker::start(&database));
        let server = Server::start("127.0.0.1:0".parse().unwrap(), &cache, &worker).await.unwrap();
        (cache, worker, server)
    }

    #[tokio::test]
    async fn a_note_that_is_refused_is_not_shown() {
        let (cache, queue) = (Cache::default(), tokio::sync::mpsc::unbounded_channel().0);
        let notes = Notes { cache: cache.clone(), queue: queue.downgrade() };
        assert_eq!(add(State(notes), "milk".to_owned()).await, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(cache.text(), "");
    }

    #[tokio::test]
    async fn a_request_that_outlives_the_server_keeps_no_worker_waiting() {
        let (_cache, worker, server) = parts().await;
        let mut request = TcpStream::connect(server.address()).await.unwrap();
        let head = "POST /notes HTTP/1.1\r\nhost: notes\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n";
        request.write_all(head.as_bytes()).await.unwrap();
        // The server asks for the body, so the request is under way.
        request.read_u8().await.unwrap();
        // As `close_timeout` does.
        drop_half_way(server.close()).await;
        timeout(DEADLINE, worker.close()).await.expect("the worker waits").unwrap();
    }

    #[tokio::test]
    async fn a_worker_that_is_dropped_while_it_closes_does_not_run_on() {
        let (_cache, worker, _server) = parts().await;
        let queue = worker.queue();
        drop_half_way(worker.close()).await;
        timeout(DEADLINE, queue.closed()).await.expect("the worker runs on");
    }

    /// Polls a future once, and drops it.
    async fn drop_half_way<T>(future: impl Future<Output = T>) {
        let mut future = Box::pin(future);
        poll_fn(|cx| {
            assert!(future.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
    }
}
