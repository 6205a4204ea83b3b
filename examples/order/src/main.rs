//! Places an order, kills the program in the middle of it, and starts the program again: on a file, or with `--restate` on
//! a Restate server.

mod file;
mod order;
mod restate;
mod upstream;

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::{env, io};

use tokio::net::TcpListener;
use upstream::{Books, Upstream};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match &env::args().skip(1).collect::<Vec<_>>()[..] {
        [] => file::play().await,
        [flag] if flag == "--restate" => restate::play().await,
        [command, path, life, upstream] if command == "file" => {
            file::live(path, life.parse()?, Upstream(upstream.parse()?)).await
        }
        [command, address, upstream] if command == "restate" => {
            restate::serve(address.parse()?, Upstream(upstream.parse()?)).await
        }
        arguments => anyhow::bail!("known is `--restate`, not {arguments:?}"),
    }
}

/// This program once more, in a process that goes with this one.
struct Process(Child);

impl Process {
    fn start(arguments: &[String]) -> anyhow::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        Ok(Self(command.args(arguments).stdin(Stdio::null()).spawn()?))
    }

    /// Kills it, as `kill -9` does.
    fn kill(&mut self) -> io::Result<()> {
        self.0.kill()?;
        self.0.wait().map(drop)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        _ = self.kill();
    }
}

/// Serves the upstream, which outlives every process that is killed.
async fn upstream() -> anyhow::Result<(SocketAddr, Books)> {
    let books = Books::default();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(upstream::serve(listener, books.clone()));
    Ok((address, books))
}

fn print_calls(books: &Books) {
    for step in ["reserve", "address", "charge", "ship", "mail"] {
        println!("    {step:8} called {}, done {}", books.calls(step), books.done(step));
    }
}

/// Checks that no step ran again whose result was stored.
fn check_calls(books: &Books) -> anyhow::Result<()> {
    let calls = ["reserve", "address", "charge", "ship", "mail"].map(|step| books.calls(step));
    anyhow::ensure!(calls == [1, 1, 3, 2, 1], "a step whose result was stored ran again");
    Ok(())
}
