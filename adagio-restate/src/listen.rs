//! In: connections of the engine. Out: the endpoint's answers.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Ready, ready};
use std::io;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http2;
use hyper::{Request, Response, StatusCode};
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

impl Handler {
    fn answer<B>(&self, mut request: Request<B>) -> Response<ResponseBody>
    where
        B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>> + Send> + Send + Unpin + 'static,
    {
        let Handler(endpoint, known) = self;
        let Some(path) = known.other_path(request.uri().path()) else { return handle(endpoint, request) };
        // The SDK looks for the service when it has accepted the signature, which is that of this path.
        let answer = handle(endpoint, without_body(&request));
        if answer.status() != StatusCode::NOT_FOUND {
            return answer;
        }
        *request.uri_mut() = path;
        handle(known.others(), request)
    }
}

fn handle<B>(endpoint: &Endpoint, request: Request<B>) -> Response<ResponseBody>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>> + Send> + Send + Unpin + 'static,
{
    let options = HandleOptions { protocol_mode: ProtocolMode::BidiStream };
    endpoint.handle_with_options(request.map(Input), options)
}

/// Returns a request with the same path and headers.
fn without_body<B>(request: &Request<B>) -> Request<Empty<Bytes>> {
    let mut copy = Request::new(Empty::new());
    copy.uri_mut().clone_from(request.uri());
    copy.headers_mut().clone_from(request.headers());
    copy
}

impl hyper::service::Service<Request<Incoming>> for Handler {
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        ready(Ok(self.answer(request)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "publickeyv1_4qErXyHLYH5Fs3kZs5pVcrPDgEgK2h5dBDasgxNiWwdd";

    fn status(endpoint: Endpoint, path: &str) -> u16 {
        let handler = Handler(endpoint, Known::new(["Order.charge".to_owned()].into()));
        let request = Request::post(path).header("content-type", "application/vnd.restate.invocation.v6");
        handler.answer(request.body(Empty::<Bytes>::new()).unwrap()).status().as_u16()
    }

    #[test]
    fn a_call_of_a_task_that_was_removed_has_to_be_signed_too() {
        let with_key = || Endpoint::builder().identity_key(KEY).unwrap().build();
        for path in ["/invoke/Order.charge/run", "/invoke/Order.removed/run"] {
            assert_eq!(status(with_key(), path), 401, "{path}");
        }
        assert_eq!(status(Endpoint::builder().build(), "/invoke/Order.removed/run"), 200);
    }
}
