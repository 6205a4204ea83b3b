//! Other processes of this program, each with a server.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::time::sleep;

use crate::Failure;
use crate::database::Place;
use crate::gauges::Gauges;

pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    /// Where it tells what it holds.
    operators: SocketAddr,
    client: reqwest::Client,
}

impl Process {
    /// Starts a process, and waits until it says where it listens.
    pub(crate) fn start(arguments: &str) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.args(arguments.split(' ')).stdout(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let mut next = || {
            let line = lines.next()?.ok()?;
            line.strip_prefix("http://")?.split(['/', ' ']).next()?.parse().ok()
        };
        let address = next().ok_or_else(|| io::Error::other(format!("`shop {arguments}` did not start")))?;
        // The services tell it where they serve.
        let operators = if arguments.starts_with("serve") { next() } else { None }.unwrap_or(address);
        Ok(Self { child, address, operators, client: reqwest::Client::builder().no_proxy().build()? })
    }

    pub(crate) async fn gauges(&self) -> reqwest::Result<Gauges> {
        self.watcher().gauges().await
    }

    /// Returns what reads the gauges beside everything else.
    pub(crate) fn watcher(&self) -> Watcher {
        Watcher { operators: self.operators, client: self.client.clone() }
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) -> io::Result<()> {
        let status = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.child.id())]).status()?;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("no signal {name}"))) }
    }

    pub(crate) async fn post(&self, path: &str) -> reqwest::Result<()> {
        self.client.post(format!("http://{}{path}", self.address)).send().await?.error_for_status().map(drop)
    }

    /// Waits until the gauges are as they should be, but for no longer than it takes to read them 600 times.
    pub(crate) async fn settle(&self, is_settled: impl Fn(&Gauges) -> bool) -> reqwest::Result<Gauges> {
        for _ in 0..600 {
            let gauges = self.gauges().await?;
            if is_settled(&gauges) {
                return Ok(gauges);
            }
            sleep(Duration::from_millis(50)).await;
        }
        self.gauges().await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended by itself needs neither.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

pub(crate) struct Watcher {
    operators: SocketAddr,
    client: reqwest::Client,
}

impl Watcher {
    pub(crate) async fn gauges(&self) -> reqwest::Result<Gauges> {
        self.client.get(format!("http://{}/gauges", self.operators)).send().await?.json().await
    }
}

/// A folder that goes when nobody needs it any more.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("adagio-shop-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    pub(crate) fn database(&self) -> Place {
        Place::File(self.file())
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.join("shop.db")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left lies where the system clears up.
        _ = fs::remove_dir_all(&self.0);
    }
}
