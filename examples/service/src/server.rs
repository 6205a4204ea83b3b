//! The server, which answers requests until it is closed.

use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::cache::Cache;
use crate::worker::Worker;

pub(crate) struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    work: JoinHandle<io::Result<()>>,
}

/// The parts that requests use.
#[derive(Clone)]
struct Notes {
    cache: Cache,
    queue: UnboundedSender<String>,
}

impl Server {
    pub(crate) async fn start(address: SocketAddr, cache: &Cache, worker: &Worker) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let notes = Notes { cache: cache.clone(), queue: worker.queue() };
        let router = Router::new().route("/notes", get(read).post(add)).with_state(notes);
        let (stop, stopped) = oneshot::channel();
        let serve = axum::serve(listener, router).with_graceful_shutdown(async { _ = stopped.await });
        Ok(Self { address, stop, work: tokio::spawn(async move { serve.await }) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts no more connections, and waits until all requests are answered.
    pub(crate) async fn close(self) -> io::Result<()> {
        _ = self.stop.send(());
        self.work.await.map_err(io::Error::from)?
    }
}

async fn read(State(notes): State<Notes>) -> String {
    notes.cache.text()
}

async fn add(State(notes): State<Notes>, note: String) -> StatusCode {
    notes.cache.add(note.clone());
    // The worker closes after the server, so that it takes every note, unless the database has failed.
    if notes.queue.send(note).is_ok() { StatusCode::CREATED } else { StatusCode::SERVICE_UNAVAILABLE }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::net::SocketAddr;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

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
}
