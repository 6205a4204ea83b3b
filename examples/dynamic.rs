//! Jobs arrive one after another while earlier ones run; each becomes a task, and is reported when it has ended. A job that
//! fails stops none of the others.

use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use adagio::{Scope, Task, TaskError, outcomes, task};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::{TcpListener, TcpStream};

/// A job as it arrives: its name, and the file whose words it counts.
struct Job {
    name: String,
    path: String,
}

#[task]
async fn read(path: String) -> io::Result<String> {
    tokio::fs::read_to_string(path).await
}

#[task]
fn count_words(name: &str, text: &str) -> usize {
    let words = text.split_whitespace().count();
    println!("counted  {name}");
    words
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), TaskError> {
    let address = start_feed().await.expect("a port is free");

    let jobs = async {
        let mut feed = Feed::connect(address).await?;
        let mut counts = outcomes(Vec::<Task<usize>>::new());
        let mut total = 0;
        loop {
            tokio::select! {
                job = feed.next() => {
                    let Some(job) = job? else { break };
                    println!("arrived  {}", job.name);
                    counts.push(count_words(job.name, read(job.path))); // runs while the next job is on its way
                }
                Some(count) = counts.next() => total += report(count),
            }
        }
        println!("no more jobs");
        while let Some(count) = counts.next().await {
            total += report(count);
        }
        Ok::<_, io::Error>(total)
    };
    let total = Scope::new().max_concurrency(4).run(jobs).await?.expect("the feed is up");

    println!("{} words", if total > 500 { "many" } else { "few" });
    Ok(())
}

/// Tells of each task as soon as it has ended, in whatever order. A service would send it to a browser, as an event.
fn report(count: Result<usize, TaskError>) -> usize {
    match count {
        Ok(words) => {
            println!("reported {}", if words > 500 { "many words" } else { "few words" });
            words
        }
        Err(error) => {
            println!("reported {error}: {}", error.source().map(ToString::to_string).unwrap_or_default());
            0
        }
    }
}

struct Feed(Lines<BufReader<TcpStream>>);

impl Feed {
    async fn connect(address: SocketAddr) -> io::Result<Self> {
        Ok(Self(BufReader::new(TcpStream::connect(address).await?).lines()))
    }

    async fn next(&mut self) -> io::Result<Option<Job>> {
        let Some(name) = self.0.next_line().await? else { return Ok(None) };
        let path = format!("{}/{name}", env!("CARGO_MANIFEST_DIR"));
        Ok(Some(Job { name, path }))
    }
}

/// A service behind a TCP port that hands out a job now and then.
async fn start_feed() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        for name in ["README.md", "CHANGELOG.md", "no-such-file", "LICENSE-MIT"] {
            stream.write_all(format!("{name}\n").as_bytes()).await?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok::<_, io::Error>(())
    });
    Ok(address)
}
