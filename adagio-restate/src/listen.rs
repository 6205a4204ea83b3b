//! In: connections of the engine. Out: the endpoint's answers.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::pin::pin;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use restate_sdk::endpoint::{Endpoint, HandleOptions, ProtocolMode, ResponseBody};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::gone::Known;
use crate::input::Input;

/// With the usual 64 KiB, h2 cuts thousands of simultaneous calls into small frames, takes the number of frames for a
/// flood, and Restate tries again for minutes.
const WINDOW: u32 = 64 << 20;

/// Enough for the calls that an invocation makes at once, and for the invocations themselves.
const STREAMS: u32 = 2_000;

/// The wait after a connection that could not be accepted, because the process has no file descriptor left, for example.
/// Connections wait in the listener's queue meanwhile.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves connections until `stop` is ready. Then takes no more, asks the engine to open no more streams on those that are
/// there, and waits for their invocations, but not longer than `grace`.
pub(crate) async fn listen(
    listener: TcpListener,
    (endpoint, known): (Endpoint, Known),
    stop: impl Future<Output = ()>,
    grace: Duration,
) -> io::Result<()> {
    let mut connections = JoinSet::new();
    let (stopping, is_stopping) = watch::channel(false);
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, _)) => {
                let handler = Handler(endpoint.clone(), known.clone());
                connections.spawn(serve(stream, handler, is_stopping.clone()));
            }
            Err(error) if is_of_the_connection(&error) => {}
            Err(_) => sleep(PAUSE).await,
        }
    }
    drop(listener);
    _ = stopping.send(true);
    // What is not done by then is dropped with the connections; the engine calls again elsewhere, or later.
    _ = timeout(grace, async { while connections.join_next().await.is_some() {} }).await;
    Ok(())
}

async fn serve(stream: TcpStream, handler: Handler, mut is_stopping: watch::Receiver<bool>) {
    // Small messages go back and forth: held back to be sent together, each would cost up to 40 ms.
    _ = stream.set_nodelay(true);
    let mut builder = http2::Builder::new(TokioExecutor::new());
    let builder = builder.initial_connection_window_size(WINDOW).max_concurrent_streams(STREAMS);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), handler));
    // A connection that breaks is the engine's to open again.
    tokio::select! {
        _ = &mut connection => return,
        _ = is_stopping.wait_for(|stopping| *stopping) => connection.as_mut().graceful_shutdown(),
    }
    _ = connection.await;
}

/// Whether the failure is that of a client that has gone, so that the next one can be accepted at once.
fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// The endpoint with the input of our own, and the services that it has.
struct Handler(Endpoint, Known);

impl hyper::service::Service<Request<Incoming>> for Handler {
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let options = HandleOptions { protocol_mode: ProtocolMode::BidiStream };
        let endpoint = self.1.other(&mut request).unwrap_or(&self.0);
        ready(Ok(endpoint.handle_with_options(request.map(Input), options)))
    }
}
