//! The warehouse, the bank and the post in one: a line in, a line out, and every call counted. It does a thing once for
//! an order, however often it is asked to.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How to reach it.
#[derive(Clone, Copy)]
pub(crate) struct Upstream(pub(crate) SocketAddr);

impl Upstream {
    pub(crate) async fn ask(self, step: &str, order: u64) -> io::Result<String> {
        let mut stream = TcpStream::connect(self.0).await?;
        stream.write_all(format!("{step} {order}\n").as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        if answer.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(answer) }
    }
}

/// The number of calls, and of their effects.
#[derive(Clone, Default)]
pub(crate) struct Books(Arc<Mutex<Counts>>);

#[derive(Default)]
struct Counts {
    calls: BTreeMap<String, u32>,
    done: BTreeSet<(String, String)>,
}

impl Books {
    pub(crate) fn calls(&self, step: &str) -> u32 {
        self.0.lock().unwrap().calls.get(step).copied().unwrap_or_default()
    }

    /// Returns how often a step was done.
    pub(crate) fn done(&self, step: &str) -> usize {
        self.0.lock().unwrap().done.iter().filter(|(done, _)| done == step).count()
    }

    fn note_call(&self, step: &str) -> u32 {
        let mut counts = self.0.lock().unwrap();
        let calls = counts.calls.entry(step.to_owned()).or_default();
        *calls += 1;
        *calls
    }

    fn note_done(&self, step: &str, order: &str) {
        self.0.lock().unwrap().done.insert((step.to_owned(), order.to_owned()));
    }
}

/// Serves until it is dropped.
pub(crate) async fn serve(listener: TcpListener, books: Books) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(answer(stream, books.clone()));
    }
}

async fn answer(stream: TcpStream, books: Books) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let (step, order) = line.trim().split_once(' ').unwrap_or_default();
    let calls = books.note_call(step);
    if step == "charge" && calls < 3 {
        return stream.write_all(b"busy").await;
    }
    books.note_done(step, order);
    if step == "ship" {
        // The parcel is on its way, but it takes its time to say so.
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    stream.write_all(format!("{step}-{order}").as_bytes()).await
}
