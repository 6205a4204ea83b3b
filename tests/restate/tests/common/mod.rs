//! A Restate server on loopback with its own folder, and the service next to it: processes that a test kills and starts
//! again. `RESTATE_SERVER` is the path of the server's program.
#![allow(dead_code, reason = "each file of tests uses a part of it")]

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, iter, process};

use serde_json::{Value, json};

pub(crate) use service::Service;

mod service;

/// No answer takes longer, however slow the machine is.
const PATIENCE: Duration = Duration::from_secs(120);

/// A folder that is removed when this value is dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    fn make() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("adagio-restate-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = env::temp_dir().join(name);
        fs::create_dir(&path).expect("a folder of our own");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

/// A process that does not outlive the test.
struct Process(Child);

impl Process {
    fn start(command: &mut Command, log: &Path) -> Self {
        let log = File::options().create(true).append(true).open(log).expect("a log");
        let errors = log.try_clone().expect("a log");
        Self(command.stdin(Stdio::null()).stdout(log).stderr(errors).spawn().expect("the program starts"))
    }

    /// Like `kill -9`.
    fn kill(&mut self) {
        self.0.kill().expect("it is our process");
        self.0.wait().expect("it is our process");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// The server.
pub(crate) struct Engine {
    process: Process,
    folder: Folder,
    ingress: SocketAddr,
    admin: SocketAddr,
}

impl Engine {
    pub(crate) fn start() -> Self {
        Self::with("")
    }

    /// Starts a server with further settings.
    pub(crate) fn with(settings: &str) -> Self {
        Self::with_files(settings, &[])
    }

    /// Starts a server with further settings, and with files in its folder.
    pub(crate) fn with_files(settings: &str, files: &[(&str, &str)]) -> Self {
        let folder = Folder::make();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("a file can be written");
        }
        let [node, ingress, admin] = free_addresses();
        let text = format!(
            "disable-telemetry = true\nlisten-mode = \"tcp\"\nbind-ip = \"127.0.0.1\"\nbind-port = {}\n\
             advertised-host = \"127.0.0.1\"\nnode-name = \"n1\"\ndefault-num-partitions = 4\n\
             rocksdb-total-memory-size = \"128 MiB\"\n{settings}\n\
             [ingress]\nbind-port = {}\n[admin]\nbind-port = {}\n",
            node.port(),
            ingress.port(),
            admin.port(),
        );
        fs::write(folder.path().join("restate.toml"), text).expect("the settings can be written");
        let process = Self::launch(&folder);
        let engine = Self { process, folder, ingress, admin };
        engine.wait_until_healthy();
        engine
    }

    fn launch(folder: &Folder) -> Process {
        let server = env::var_os("RESTATE_SERVER").expect("RESTATE_SERVER is the program of the server");
        let mut command = Command::new(server);
        command.env("DO_NOT_TRACK", "1").arg("--no-logo").current_dir(folder.path());
        command.args(["-c", "restate.toml", "--base-dir", "data"]);
        Process::start(&mut command, &folder.path().join("server.log"))
    }

    fn wait_until_healthy(&self) {
        let is_healthy = |url: String| ureq::get(url).call().is_ok();
        until("the server is healthy", || {
            is_healthy(format!("http://{}/health", self.admin))
                && is_healthy(format!("http://{}/restate/health", self.ingress))
        });
    }

    /// Kills the server, and starts it again with the same data. Returns how long it was away.
    pub(crate) fn restart(&mut self) -> Duration {
        self.process.kill();
        let start = Instant::now();
        self.process = Self::launch(&self.folder);
        self.wait_until_healthy();
        start.elapsed()
    }

    pub(crate) fn admin(&self) -> String {
        format!("http://{}", self.admin)
    }

    /// Registers the service of an address with the server.
    pub(crate) fn register(&self, service: &Service) {
        let answer = self.try_to_register(service);
        assert!(answer.0 < 300, "{answer:?}");
    }

    pub(crate) fn try_to_register(&self, service: &Service) -> (u16, Value) {
        let deployment = json!({"uri": format!("http://{}", service.address), "force": true});
        post(&format!("{}/deployments", self.admin()), &deployment)
    }

    /// Returns how the server describes a service.
    pub(crate) fn service(&self, name: &str) -> Value {
        let mut answer = ureq::get(format!("{}/services/{name}", self.admin())).call().expect("the server has it");
        answer.body_mut().read_json().expect("descriptions are JSON")
    }

    /// Asks for a result, and waits for it.
    pub(crate) fn call(&self, handler: &str, input: &Value) -> (u16, Value) {
        post(&format!("http://{}/{handler}", self.ingress), input)
    }

    /// Asks for a result without waiting. Returns the id of the invocation.
    pub(crate) fn send(&self, handler: &str, input: &Value) -> String {
        let (status, answer) = post(&format!("http://{}/{handler}/send", self.ingress), input);
        assert!(status < 300, "{answer}");
        answer["invocationId"].as_str().expect("an invocation has an id").to_owned()
    }

    /// Waits for the result of an invocation, or for the report of its failure.
    pub(crate) fn attach(&self, invocation: &str) -> Value {
        let start = Instant::now();
        let url = format!("http://{}/restate/invocation/{invocation}/attach", self.ingress);
        loop {
            match agent().get(&url).call() {
                Ok(mut answer) if answer.status() != 503 => {
                    return answer.body_mut().read_json().expect("results are JSON");
                }
                // The server may still be restarting.
                _ => thread::sleep(Duration::from_millis(20)),
            }
            assert!(start.elapsed() < PATIENCE, "no result");
        }
    }

    /// Cancels an invocation.
    pub(crate) fn cancel(&self, invocation: &str) {
        self.end(invocation, "cancel");
    }

    /// Kills an invocation: no program is asked.
    pub(crate) fn kill(&self, invocation: &str) {
        self.end(invocation, "kill");
    }

    fn end(&self, invocation: &str, how: &str) {
        let url = format!("{}/invocations/{invocation}/{how}", self.admin());
        let answer = agent().patch(&url).send_empty().expect("the server answers");
        assert!(answer.status().is_success(), "{answer:?}");
    }

    pub(crate) fn query(&self, query: &str) -> Vec<Value> {
        let mut answer = ureq::post(format!("{}/query", self.admin()))
            .header("accept", "application/json")
            .send_json(json!({"query": query}))
            .expect("the server answers queries");
        let rows: Value = answer.body_mut().read_json().expect("rows are JSON");
        rows["rows"].as_array().expect("a list of rows").clone()
    }

    /// Returns the tasks whose results stand in the journal of an invocation.
    pub(crate) fn journaled(&self, invocation: &str) -> Vec<String> {
        let query = format!("select entry_json from sys_journal where id = '{invocation}'");
        let mut tasks: Vec<String> = self.query(&query).iter().flat_map(tasks_of).collect();
        tasks.sort();
        tasks
    }
}

/// Returns the tasks whose results an entry of the journal holds.
fn tasks_of(row: &Value) -> Vec<String> {
    let entry: Value = serde_json::from_str(row["entry_json"].as_str().unwrap_or("null")).expect("entries are JSON");
    let completion = &entry["Notification"]["Completion"];
    let results = [&completion["Run"]["result"]["Success"], &completion["Call"]["result"]["Success"]];
    let bytes = results.into_iter().find_map(|bytes| serde_json::from_value::<Vec<u8>>(bytes.clone()).ok());
    let entry: Value =
        bytes.map_or(Value::Null, |bytes| serde_json::from_slice(&bytes).expect("a journal entry is JSON"));
    let records = entry["tasks"].as_array().cloned().unwrap_or_default();
    let is_last = |record: &&Value| record["failure"]["next"].is_null() && record["because"].is_null();
    let names = records.iter().filter(is_last).filter_map(|record| record["task"].as_str());
    names.map(str::to_owned).collect()
}

/// Returns the invocation of a service by another one.
pub(crate) fn called(engine: &Engine, by: &str, service: &str) -> String {
    let query =
        format!("select id from sys_invocation where invoked_by_id = '{by}' and target_service_name = '{service}'");
    let mut id = None;
    until("it is called", || {
        id = engine.query(&query).first().and_then(|row| Some(row["id"].as_str()?.to_owned()));
        id.is_some()
    });
    id.expect("it is called")
}

pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "in vain: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Returns free addresses below the range from which the system assigns ports: another process could get a port of that
/// range in the meantime.
fn free_addresses<const N: usize>() -> [SocketAddr; N] {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let next = || {
        let place = process::id().wrapping_mul(50).wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed));
        let port = 20_000 + u16::try_from(place % 12_000).expect("less than 12,000");
        SocketAddr::from((Ipv4Addr::LOCALHOST, port))
    };
    [(); N].map(|()| iter::repeat_with(next).find(|&address| TcpListener::bind(address).is_ok()).expect("a free port"))
}

fn post(url: &str, body: &Value) -> (u16, Value) {
    let mut answer = agent().post(url).send_json(body).expect("the server answers");
    let text = answer.body_mut().read_to_string().expect("answers are text");
    (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build().into()
}
