//! Texts from a slow store are joined as they arrive, and sent back, in both forms of a graph.
//!
//! First the calls of functions define the graph: which texts are joined is data. Then the graph is a block: its steps are
//! known, and only the number of texts is data, so `in` runs a step once for each of them. The block is checked while it
//! compiles, it is observed like any other, and its step has a limit of its own.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use adagio::{TaskError, dag, scope, task};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

#[task]
async fn fetch(store: SocketAddr, id: &'static str) -> io::Result<String> {
    let text = request(store, &format!("get {id}")).await?;
    println!("fetched       {text}");
    Ok(text)
}

#[task]
fn concatenate(left: &str, right: &str) -> String {
    println!("concatenated  {left} and {right}");
    format!("{left}{right}")
}

/// No task: it becomes one where it is called.
#[allow(clippy::unused_async, reason = "`then` takes an `async fn`")]
async fn strip_numbers(text: String) -> String {
    without_numbers(&text)
}

fn without_numbers(text: &str) -> String {
    println!("stripped      {text}");
    text.replace(|letter: char| letter.is_numeric(), "")
}

#[task]
async fn upload(store: SocketAddr, stripped: &str, whole: &str) -> io::Result<()> {
    request(store, &format!("put {stripped} {whole}")).await?;
    println!("uploaded      {stripped} and {whole}");
    Ok(())
}

/// The same for a list of texts, as a block.
struct Texts<'i> {
    store: SocketAddr,
    ids: &'i [&'static str],
}

#[dag]
impl Texts<'_> {
    fn ids(&self) -> &[&'static str] {
        self.ids
    }

    // At most three at once.
    #[depends(id in ids)]
    #[task(max_concurrency = 3, retry = 2)]
    async fn fetched(&self, id: &str) -> io::Result<String> {
        let text = request(self.store, &format!("get {id}")).await?;
        println!("fetched       {text}");
        Ok(text)
    }

    // The first text is stripped while others are fetched.
    #[depends(text in fetched)]
    fn stripped(&self, text: &str) -> String {
        without_numbers(text)
    }

    #[depends(fetched, stripped)]
    async fn uploaded(&self, fetched: &[String], stripped: &[String]) -> io::Result<()> {
        let (stripped, whole) = (stripped.concat(), fetched.concat());
        request(self.store, &format!("put {stripped} {whole}")).await?;
        println!("uploaded      {stripped} and {whole}");
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), TaskError> {
    let store = Store::default();
    let address = store.start().await.expect("a port is free");

    scope(async {
        let fetch = |id| fetch(address, id);
        let a = concatenate(fetch("a1"), fetch("a2")); // already under way
        let stripped = a.then(strip_numbers);
        let ab = concatenate(&a, concatenate(fetch("b1"), fetch("b2"))); // `a` runs once
        let abc = concatenate(ab, concatenate(fetch("c1"), fetch("c2")));
        upload(address, stripped, abc); // nobody awaits it: the scope does
    })
    .await?;
    assert_eq!(store.uploaded(), ["aa a1a2b1b2c1c2"]);

    println!();
    let texts = Texts { store: address, ids: &["a1", "a2", "b1", "b2", "c1", "c2"] };
    texts.run().uploaded().await?;
    assert_eq!(store.uploaded()[1..], ["aabbcc a1a2b1b2c1c2"]);
    Ok(())
}

async fn request(store: SocketAddr, line: &str) -> io::Result<String> {
    let mut stream = BufReader::new(TcpStream::connect(store).await?);
    stream.write_all(format!("{line}\n").as_bytes()).await?;
    let mut answer = String::new();
    stream.read_line(&mut answer).await?;
    Ok(answer.trim_end().to_owned())
}

/// A service behind a TCP port: needs time for each text, and keeps the texts that are sent to it.
#[derive(Clone, Default)]
struct Store {
    uploaded: Arc<Mutex<Vec<String>>>,
}

impl Store {
    async fn start(&self) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let store = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let store = store.clone();
                tokio::spawn(async move { store.serve(BufReader::new(stream)).await });
            }
        });
        Ok(address)
    }

    async fn serve(&self, mut stream: BufReader<TcpStream>) -> io::Result<()> {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let answer = match line.trim_end().split_once(' ') {
            Some(("get", id)) => {
                tokio::time::sleep(latency(id)).await;
                id
            }
            Some(("put", texts)) => {
                self.uploaded.lock().unwrap_or_else(PoisonError::into_inner).push(texts.to_owned());
                "ok"
            }
            _ => "what?",
        };
        stream.write_all(format!("{answer}\n").as_bytes()).await
    }

    fn uploaded(&self) -> Vec<String> {
        self.uploaded.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn latency(id: &str) -> Duration {
    let order = ["c2", "a1", "a2", "b2", "c1", "b1"];
    let place = order.iter().position(|known| *known == id).unwrap_or(order.len());
    Duration::from_millis(40) * u32::try_from(place).unwrap_or(0)
}
