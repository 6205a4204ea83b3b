//! A process that starts a run, or takes it up, and ends with it.

use std::error::Error;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use adagio::durable::current;
use adagio::{TaskError, dag};
use adagio_store::{Options, Status, Store, StoredRun};
use serde::{Deserialize, Serialize};

/// What a run is about: the folder in which its bodies note that they start.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct New {
    pub(crate) notes: PathBuf,
    pub(crate) slow: u64,
}

/// The variable with the file that `slow` waits for, however slow the machine is.
pub(crate) const AWAITED: &str = "ADAGIO_STORE_AWAITED";

struct Work(New);

impl Work {
    /// Notes that a body starts, so that no crash forgets it. Returns how often it has started.
    fn starts(&self, task: &str) -> usize {
        let path = self.0.notes.join(task);
        let mut file = OpenOptions::new().create(true).append(true).open(&path).unwrap();
        file.write_all(format!("{}\n", std::process::id()).as_bytes()).unwrap();
        file.sync_all().unwrap();
        std::fs::read_to_string(path).unwrap().lines().count()
    }
}

pub(crate) const TASKS: [&str; 16] = [
    "reserve",
    "address",
    "coupon",
    "charge",
    "picture",
    "slow",
    "label",
    "parts",
    "pieces[0]",
    "pieces[1]",
    "pieces[2]",
    "pieces[3]",
    "pieces",
    "ship",
    "mail",
    "receipt",
];

#[dag(durable)]
impl Work {
    async fn reserve(&self) -> u32 {
        self.starts("reserve");
        7
    }

    #[task(spawn)]
    async fn address(&self) -> String {
        self.starts("address");
        tokio::time::sleep(Duration::from_millis(self.0.slow / 8)).await;
        "Main Street".to_owned()
    }

    /// A business error, which `ship` catches once the attempts are used up.
    #[task(retry = 2, backoff = "10ms..40ms")]
    async fn coupon(&self) -> Result<u32, String> {
        self.starts("coupon");
        Err("expired".to_owned())
    }

    /// The bank is busy for the first two calls, whoever makes them.
    #[depends(reserve)]
    #[task(retry = 1000, backoff = "10ms..40ms")]
    async fn charge(&self, reserve: u32) -> Result<String, String> {
        assert!(current().is_some_and(|current| current.task() == "charge"));
        if self.starts("charge") <= 2 { Err("busy".to_owned()) } else { Ok(format!("charge-{reserve}")) }
    }

    /// A large result.
    #[task(blocking)]
    fn picture(&self) -> String {
        self.starts("picture");
        "x".repeat(1 << 20)
    }

    /// The process that did it.
    #[depends(reserve)]
    async fn slow(&self) -> u32 {
        self.starts("slow");
        if let Some(awaited) = std::env::var_os(AWAITED) {
            while !Path::new(&awaited).exists() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(self.0.slow)).await;
        std::process::id()
    }

    #[depends(picture, address)]
    fn label(&self, picture: &str, address: &str) -> usize {
        self.starts("label");
        picture.len() + address.len()
    }

    #[depends(reserve)]
    fn parts(&self) -> Vec<u64> {
        self.starts("parts");
        vec![5, 6, 7, 8]
    }

    /// Each piece is stored by itself.
    #[depends(part in parts)]
    #[task(max_concurrency = 2)]
    async fn pieces(&self, part: u64) -> u64 {
        let index = current().and_then(|current| current.index()).unwrap();
        self.starts(&format!("pieces[{index}]"));
        tokio::time::sleep(Duration::from_millis(self.0.slow / 4)).await;
        10 * part
    }

    #[depends(charge, slow, catch coupon)]
    async fn ship(&self, charge: &str, coupon: Result<u32, TaskError>) -> String {
        self.starts("ship");
        let coupon = coupon.map_err(|error| error.source().map(ToString::to_string).unwrap_or_default());
        format!("{charge}, coupon {coupon:?}")
    }

    #[depends(ship, label, pieces)]
    pub(crate) async fn mail(&self, ship: &str, label: usize, pieces: &[u64]) -> String {
        self.starts("mail");
        assert_eq!(pieces, [50, 60, 70, 80]);
        format!("{ship}, label {label}")
    }

    #[depends(charge)]
    pub(crate) fn receipt(&self, charge: String) -> String {
        self.starts("receipt");
        charge
    }
}

pub(crate) const MAIL: &str = r#"charge-7, coupon Err("expired"), label 1048587"#;

/// The end of a process: its run is done, or goes on elsewhere, or could not be written.
pub(crate) const DONE: u8 = 0;
pub(crate) const ELSEWHERE: u8 = 3;
pub(crate) const UNWRITTEN: u8 = 4;
/// The file could not be opened.
pub(crate) const UNOPENED: u8 = 5;

/// Arguments: the file, the lease in milliseconds, the name of the run, its folder, and how long `slow` takes; or the
/// file, the lease and `recover`.
pub(crate) fn main(arguments: &[String]) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    ExitCode::from(runtime.block_on(work(arguments)))
}

async fn work(arguments: &[String]) -> u8 {
    let lease = Duration::from_millis(arguments[1].parse().unwrap());
    let store: Store = match Options::new().lease(lease).open(&arguments[0]).await {
        Ok(store) => store,
        Err(error) => {
            report(&error);
            return UNOPENED;
        }
    };
    let graph = store.graph("work", Work);
    if arguments[2] == "recover" {
        graph.recover().await.unwrap();
        let is_over = |runs: Vec<adagio_store::Listed>| runs.iter().all(|run| run.status != Status::Running);
        while !is_over(store.list(0, 1000).await.unwrap()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        return DONE;
    }
    let new = New { notes: arguments[3].as_str().into(), slow: arguments[4].parse().unwrap() };
    let run = match graph.start(&arguments[2], new).await {
        Ok(run) => run,
        Err(error) => {
            report(&error);
            return UNWRITTEN;
        }
    };
    match StoredRun::ended(&run).await {
        Status::Done => {
            assert_eq!(run.mail().await.unwrap(), MAIL);
            DONE
        }
        Status::Running => {
            let failures = run.settle().await;
            // That of `coupon` is caught.
            let is_of_file = |failure: &&TaskError| !failure.is_aborted() && failure.task() != "coupon";
            let failures: Vec<_> = failures.iter().filter(is_of_file).collect();
            for failure in &failures {
                report(failure);
            }
            if failures.is_empty() { ELSEWHERE } else { UNWRITTEN }
        }
        status => panic!("{status:?}: {:?}", run.settle().await),
    }
}

fn report(error: &dyn std::error::Error) {
    let mut error = Some(error);
    while let Some(text) = error {
        eprintln!("{text}");
        error = text.source();
    }
}
