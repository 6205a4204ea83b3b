//! In: connections of the engine. Out: the endpoint's answers.

use std::convert::Infallible;
use std::io;

use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use restate_sdk::endpoint::Endpoint;
use restate_sdk::hyper::HyperEndpoint;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// With the usual 64 KiB, h2 cuts thousands of simultaneous calls into small frames, takes the number of frames for a
/// flood, and Restate tries again for minutes.
const WINDOW: u32 = 64 << 20;

/// Enough for the calls that an invocation makes at once, and for the invocations themselves.
const STREAMS: u32 = 2_000;

pub(crate) async fn listen(listener: TcpListener, endpoint: Endpoint) -> io::Result<Infallible> {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        // Small messages go back and forth: held back to be sent together, each would cost up to 40 ms.
        _ = stream.set_nodelay(true);
        while connections.try_join_next().is_some() {}
        let endpoint = HyperEndpoint::new(endpoint.clone());
        connections.spawn(async move {
            let mut builder = http2::Builder::new(TokioExecutor::new());
            let builder = builder.initial_connection_window_size(WINDOW).max_concurrent_streams(STREAMS);
            // A connection that breaks is the engine's to open again.
            _ = builder.serve_connection(TokioIo::new(stream), endpoint).await;
        });
    }
}
