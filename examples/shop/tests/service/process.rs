//! Processes of the shop and of the services that it asks.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;
use std::{env, future::Future};

use serde_json::Value;
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

/// A test that takes longer hangs.
const DEADLINE: Duration = Duration::from_secs(180);

pub(crate) struct Running {
    child: Child,
    output: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
    pub(crate) operators: SocketAddr,
    _folder: TempDir,
}

impl Running {
    /// Starts the services that the shop asks.
    pub(crate) fn services(options: &str) -> Self {
        Self::start(&format!("upstream {options}"), 1)
    }

    /// Starts a shop that asks `services`. Its database is a file, or on the server that `DATABASE_URL` names.
    pub(crate) fn shop(services: &Self, options: &str) -> Self {
        let address = services.address;
        Self::start(&format!("serve --port 0 --operators 127.0.0.1:0 --log warn --upstreams {address} {options}"), 2)
    }

    fn start(arguments: &str, listeners: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
        command.args(arguments.split_whitespace()).stdout(Stdio::piped());
        if env::var_os("DATABASE_URL").is_none() && listeners == 2 {
            command.arg("--database").arg(folder.path().join("shop.db"));
        }
        let mut child = command.spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut address = || {
            let mut line = String::new();
            output.read_line(&mut line).unwrap();
            let address = line.strip_prefix("http://").and_then(|rest| rest.split(['/', ' ']).next());
            address.unwrap_or_else(|| panic!("`shop {arguments}` says {line:?}")).parse().unwrap()
        };
        let first = address();
        let operators = if listeners == 2 { address() } else { first };
        Self { child, output, address: first, operators, _folder: folder }
    }

    pub(crate) fn signal(&self, name: &str) {
        let command = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &command]).status().unwrap().success());
    }

    /// Waits for the end, and returns its status and what was written to the log.
    pub(crate) async fn ended(mut self) -> (ExitStatus, String) {
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            sleep(Duration::from_millis(10)).await;
        };
        let mut log = String::new();
        self.output.read_to_string(&mut log).unwrap();
        (status, log)
    }

    pub(crate) async fn gauge(&self, name: &str) -> u64 {
        let gauges = reqwest::get(format!("http://{}/gauges", self.operators)).await.unwrap();
        gauges.json::<Value>().await.unwrap()[name].as_u64().unwrap()
    }

    /// Waits until `requests` requests are under way.
    pub(crate) async fn is_asked(&self, requests: u64) {
        while self.gauge("started").await - self.gauge("answered").await - self.gauge("left").await != requests {
            sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) async fn product(&self, id: u64) -> reqwest::Result<reqwest::Response> {
        reqwest::get(format!("http://{}/product/{id}", self.address)).await
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended by itself needs neither.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Runs a test that might hang.
pub(crate) async fn in_time<T>(test: impl Future<Output = T>) -> T {
    timeout(DEADLINE, test).await.expect("the test takes too long")
}
