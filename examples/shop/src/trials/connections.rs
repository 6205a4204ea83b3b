//! Thousands of clients on one thread, each with a request under way at the same time.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::load::{Answer, Connection};
use super::process::{Process, Scratch};
use super::right::RightAnswers;
use crate::arguments::Arguments;
use crate::upstreams::CALLS_AT_ONCE;
use crate::{Failure, Outcome};

/// So many come at a time, once those before them wait for the price alone.
const BATCH: u64 = 250;

/// The number of files that a process opens besides the sockets of the clients and of the calls that wait.
const OTHER_FILES: u64 = 1000;

const PATIENCE: Duration = Duration::from_secs(600);

pub(crate) async fn connections(arguments: &Arguments) -> Outcome {
    let clients: u64 = arguments.get("clients", 10_000)?;
    let handler = arguments.handler();
    check_limit(clients + clients.min(CALLS_AT_ONCE as u64) + OTHER_FILES)?;
    let scratch = Scratch::new()?;
    let database = scratch.database();
    let upstream = Process::start("upstream --closed")?;
    let shop = Process::start(&format!(
        "serve --threads 1 --port 0 --operators 127.0.0.1:0 --log off --by-hand --patience {} --at-once {clients} --upstreams {} --database {}",
        PATIENCE.as_millis(),
        upstream.address,
        scratch.file().display()
    ))?;
    let right = RightAnswers::read(&database, 0).await?;
    let before = shop.gauges().await?;
    let begun = Instant::now();

    let mut waiting = Vec::new();
    for (sent, request) in (1..=clients).zip((0..).filter(|request| right.knows(*request))) {
        let mut connection = Connection::open(shop.address).await?;
        connection.send(&format!("{handler}/product/{}", right.product_of(request)), request).await?;
        waiting.push((request, connection));
        if sent % BATCH == 0 || sent == clients {
            // Of each request, stock and recommendations are there; the price is not.
            upstream.settle(|now| now.answered == 2 * sent).await?;
        }
    }
    let during = shop.settle(|now| now.under_way() == clients).await?;
    println!("{} requests under way at once, after {} ms", during.under_way(), begun.elapsed().as_millis());
    println!("{} B allocated a connection", (during.bytes - before.bytes) as u64 / clients);
    println!("{} B resident a connection", (during.resident_bytes - before.resident_bytes) as u64 / clients);
    println!("{} files open; threads: {}", during.files, during.threads.join(", "));
    if during.under_way() != clients {
        return Err("not all are under way".into());
    }
    if during.threads.iter().any(|name| name.starts_with("tokio")) {
        return Err("there is a second worker thread".into());
    }

    upstream.post("/open").await?;
    let answers = answers(waiting).await?;
    println!("all answered after {} ms", begun.elapsed().as_millis());
    match answers.iter().find(|(request, answer)| !right.is_right(*request, answer)) {
        Some((request, answer)) => Err(format!("request {request}: {answer:?}").into()),
        None => Ok(()),
    }
}

fn check_limit(files: u64) -> Outcome {
    let (limit, _) = rlimit::Resource::NOFILE.get()?;
    if limit < files {
        return Err(format!("this takes {files} open files, and only {limit} are allowed: `ulimit -Hn {files}`").into());
    }
    Ok(())
}

async fn answers(waiting: Vec<(u64, Connection)>) -> Result<Vec<(u64, Answer)>, Failure> {
    let mut clients = JoinSet::new();
    for (request, mut connection) in waiting {
        clients.spawn(async move { connection.answer().await.map(|answer| (request, answer)) });
    }
    let mut answers = Vec::new();
    while let Some(client) = clients.join_next().await {
        answers.push(client??);
    }
    Ok(answers)
}
