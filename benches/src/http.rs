//! An HTTP server on the loopback interface, on a thread of its own, that sends back the number in the path; and its client.

use std::io::Result;
use std::net::{SocketAddr, TcpListener};
use std::thread;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;

/// Starts the server.
///
/// # Errors
/// If there is no loopback interface.
pub fn serve() -> Result<SocketAddr> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let router = Router::new().route("/{number}", get(|Path(number): Path<u64>| async move { number.to_string() }));
    thread::spawn(move || {
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            axum::serve(listener, router).await
        })
    });
    Ok(address)
}

/// A client that keeps its connections, on the runtime where it sends its first request.
pub struct Client {
    client: reqwest::Client,
    server: SocketAddr,
}

impl Client {
    /// Creates a client that lives as long as the program.
    #[must_use]
    pub fn new(server: SocketAddr) -> &'static Self {
        Box::leak(Box::new(Self { client: reqwest::Client::new(), server }))
    }

    /// Sends a number, and returns what comes back.
    ///
    /// # Errors
    /// If the server does not answer.
    ///
    /// # Panics
    /// If it answers with something else than a number.
    pub async fn exchange(&self, number: u64) -> reqwest::Result<u64> {
        let answer = self.client.get(format!("http://{}/{number}", self.server)).send().await?.text().await?;
        Ok(answer.parse().expect("the server sends a number"))
    }
}
