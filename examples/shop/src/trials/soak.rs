//! Load and faults: each request gets one right answer or the right error, and afterwards nothing is left.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::load::Connection;
use super::outage::outage;
use super::overload::overload;
use super::process::{Process, Scratch};
use super::right::RightAnswers;
use crate::arguments::Arguments;
use crate::gauges::Gauges;
use crate::play::fault::{Fault, Service, draw};
use crate::{Failure, Outcome};

/// The number of requests in a thousand that meet a fault.
const FAULTS: u64 = 30;

/// The number of clients in a thousand that leave before they have an answer.
const LEAVERS: u64 = 20;

/// The number of rounds of load, with a rest after each: memory that grows from rest to rest is a leak.
const ROUNDS: u64 = 4;

/// The largest number of rounds. The histograms of the profile grow to the longest time that each task has taken, which
/// may be found after the first round; a leak grows in every round.
const MOST_ROUNDS: u64 = 16;

/// The bytes by which allocators, pools and maps may grow from the first of `ROUNDS` rounds to the last.
const SLACK_BYTES: usize = 32 * 1024;

/// The number of files that may be open more than before the first round: a pool may keep a connection that the warm-up,
/// one request at a time, did not need.
const SPARE_FILES: usize = 1;

/// Longer than `settle` waits.
const PATIENCE: Duration = Duration::from_secs(600);

/// The number of further requests that the shop has room for: of clients that have left, or will leave later.
const OTHERS: u64 = 1000;

/// The number of clients that leave at once while a service keeps them waiting.
const WAITING: usize = 50;

pub(crate) async fn soak(arguments: &Arguments) -> Outcome {
    if arguments.has("overload") {
        return overload(arguments).await;
    }
    if arguments.has("outage") {
        return outage(arguments).await;
    }
    let minutes: u64 = arguments.get("minutes", 10)?;
    let (requests, at_once) = (arguments.get("requests", 50_000)?, arguments.get("at-once", 1000)?);
    let soaked = timeout(Duration::from_secs(60 * minutes), soak_with(requests, at_once, arguments.handler())).await;
    soaked.map_err(|_| format!("not done after {minutes} minutes"))?
}

async fn soak_with(requests: u64, at_once: u64, handler: &'static str) -> Outcome {
    let scratch = Scratch::new()?;
    let database = scratch.database();
    let upstream = Process::start(&format!("upstream --latency 2 --fail {FAULTS}"))?;
    // Each answer is known as long as no request knows of others: nothing is remembered, and no service left in peace.
    let serve = format!(
        "serve --port 0 --operators 127.0.0.1:0 --log off --by-hand --remember 0 --breaker 0 --at-once {} --upstreams {} --database {}",
        2 * at_once + OTHERS,
        upstream.address,
        scratch.file().display()
    );
    let shop = Process::start(&format!("{serve} --patience 5000"))?;
    let right = RightAnswers::read(&database, FAULTS).await?;
    let load = Arc::new(Load { shop: shop.address, handler, right, next: AtomicU64::new(0) });

    load.warm_up().await?;
    // Long enough for the shop to close what it does not use.
    sleep(Duration::from_secs(3)).await;
    let mut rests = vec![shop.gauges().await?];
    let begun = Instant::now();
    let mut tally = Tally::default();
    for round in 1..=MOST_ROUNDS {
        tally.add(load.round(requests * round / ROUNDS, at_once).await?);
        let rest = shop.settle(|now| now.under_way() == 0 && holds_no_more(now, &rests[0])).await?;
        println!("round {round}: {} requests, then {}", tally.requests(), held(&rest));
        rests.push(rest);
        if growth(&rests).is_some_and(|bytes| bytes <= SLACK_BYTES) {
            break;
        }
    }
    println!("{} s, at most {at_once} at once; before the first round {}", begun.elapsed().as_secs(), held(&rests[0]));
    tally.print();
    tally.check()?;
    check_counts(&tally, &rests)?;
    check_rests(&rests)?;
    // One that does not give up by itself before the end of this: what ends there has been cancelled.
    let patient = Process::start(&format!("{serve} --patience {}", PATIENCE.as_millis()))?;
    check_leavers(&load, &patient, &upstream).await
}

struct Load {
    shop: SocketAddr,
    handler: &'static str,
    right: RightAnswers,
    next: AtomicU64,
}

impl Load {
    fn path_of(&self, request: u64) -> String {
        format!("{}/product/{}", self.handler, self.right.product_of(request))
    }

    /// Lets the shop make what it makes once.
    async fn warm_up(&self) -> io::Result<()> {
        let mut connection = Connection::open(self.shop).await?;
        for product in 1..=100 {
            connection.send(&format!("{}/product/{product}", self.handler), u64::MAX).await?;
            connection.answer().await?;
        }
        Ok(())
    }

    async fn round(self: &Arc<Self>, end: u64, at_once: u64) -> Result<Tally, Failure> {
        let mut clients = JoinSet::new();
        for _ in 0..at_once {
            let load = Arc::clone(self);
            clients.spawn(async move { load.client(end).await });
        }
        let mut tally = Tally::default();
        while let Some(client) = clients.join_next().await {
            tally.add(client??);
        }
        self.next.store(end, Ordering::Relaxed);
        Ok(tally)
    }

    /// Sends one request after another on one connection, and on a new one after it has left.
    async fn client(&self, end: u64) -> io::Result<Tally> {
        let mut tally = Tally::default();
        let mut kept = None;
        loop {
            let request = self.next.fetch_add(1, Ordering::Relaxed);
            if request >= end {
                return Ok(tally);
            }
            let mut connection = match kept.take() {
                Some(connection) => connection,
                None => Connection::open(self.shop).await?,
            };
            let path = self.path_of(request);
            if draw((request, "leaves")) % 1000 < LEAVERS {
                leave(connection, &path, request).await?;
                tally.left += 1;
                continue;
            }
            connection.send(&path, request).await?;
            let answer = connection.answer().await?;
            if self.right.is_right(request, &answer) {
                *tally.right.entry(answer.status).or_default() += 1;
            } else {
                let fate = self.right.fate_of(request);
                tally.wrong.push(format!("request {request} for {path}, {fate:?}: {answer:?}"));
            }
            kept = Some(connection);
        }
    }
}

/// Goes away within the request, or at some moment after it.
async fn leave(mut connection: Connection, path: &str, request: u64) -> io::Result<()> {
    match draw((request, "when")) % 25 {
        0 => connection.send_half(path).await,
        milliseconds => {
            connection.send(path, request).await?;
            sleep(Duration::from_millis(milliseconds)).await;
            Ok(())
        }
    }
}

#[derive(Default)]
struct Tally {
    right: BTreeMap<u16, u64>,
    wrong: Vec<String>,
    left: u64,
}

impl Tally {
    fn add(&mut self, other: Self) {
        for (status, count) in other.right {
            *self.right.entry(status).or_default() += count;
        }
        self.wrong.extend(other.wrong);
        self.left += other.left;
    }

    fn requests(&self) -> u64 {
        self.answered() + self.left
    }

    fn answered(&self) -> u64 {
        self.right.values().sum::<u64>() + self.wrong.len() as u64
    }

    fn print(&self) {
        for (status, count) in &self.right {
            println!("{count:>7} right answers with status {status}");
        }
        println!("{:>7} clients left", self.left);
        println!("{:>7} wrong answers", self.wrong.len());
    }

    fn check(&self) -> Outcome {
        match self.wrong.first() {
            Some(first) => Err(format!("wrong: {first}").into()),
            None => Ok(()),
        }
    }
}

/// The shop has answered what the clients have got, and dropped the rest.
fn check_counts(tally: &Tally, rests: &[Gauges]) -> Outcome {
    let (Some(first), Some(last)) = (rests.first(), rests.last()) else { return Ok(()) };
    let (answered, left) = (last.answered - first.answered, last.left - first.left);
    println!("the shop dropped {left} requests half-way");
    // A client may go away just as it is answered.
    if answered < tally.answered() || answered + left > tally.requests() || last.under_way() > 0 {
        return Err(format!("the shop counts {answered} answers, {} under way", last.under_way()).into());
    }
    Ok(())
}

fn holds_no_more(now: &Gauges, before: &Gauges) -> bool {
    now.tasks <= before.tasks && now.files <= before.files + SPARE_FILES
}

fn held(gauges: &Gauges) -> String {
    let Gauges { tasks, files, bytes, resident_bytes, .. } = gauges;
    format!("{tasks} tasks, {files} files, {} KiB, {} KiB resident", bytes / 1024, resident_bytes / 1024)
}

fn check_rests(rests: &[Gauges]) -> Outcome {
    let (before, after) = rests.split_first().ok_or("no rests")?;
    if let Some(rest) = after.iter().find(|rest| !holds_no_more(rest, before)) {
        return Err(format!("left over: {}, and before {}", held(rest), held(before)).into());
    }
    match growth(rests) {
        Some(bytes) if bytes > SLACK_BYTES => {
            Err(format!("after {} rounds it still grows: {bytes} bytes in the last {ROUNDS}", after.len()).into())
        }
        _ => Ok(()),
    }
}

/// Returns how many bytes more are allocated after the last of `ROUNDS` rounds than after the first of them, or `None`
/// if there were fewer rounds.
fn growth(rests: &[Gauges]) -> Option<usize> {
    let rounds = usize::try_from(ROUNDS).ok()?;
    let [_before, after @ ..] = rests else { return None };
    let first = after.len().checked_sub(rounds)?;
    Some(after.last()?.bytes.saturating_sub(after[first].bytes))
}

/// Clients that leave while a service keeps them waiting take the calls of that service with them.
async fn check_leavers(load: &Load, shop: &Process, upstream: &Process) -> Outcome {
    let hangs = |request: &u64| {
        let fate = load.right.fate_of(*request);
        fate.is_some_and(|fate| (fate.service, fate.fault) == (Service::Prices, Fault::Hangs))
    };
    let (shop_before, upstream_before) = (shop.gauges().await?, upstream.settle(|now| now.under_way() == 0).await?);
    let mut clients = Vec::new();
    for request in (1 << 32..).filter(hangs).take(WAITING) {
        let mut connection = Connection::open(shop.address).await?;
        connection.send(&load.path_of(request), request).await?;
        clients.push(connection);
    }
    let waiting = WAITING as u64;
    let others = upstream_before.answered + 2 * waiting;
    upstream.settle(|now| now.under_way() == waiting && now.answered == others).await?;
    drop(clients);
    let upstream_after = upstream.settle(|now| now.under_way() == 0).await?;
    let shop_after = shop.settle(|now| now.under_way() == 0).await?;

    let (left, cancelled) = (shop_after.left - shop_before.left, upstream_after.left - upstream_before.left);
    println!("{waiting} clients left while they waited: {left} requests dropped, {cancelled} upstream calls cancelled");
    if (left, cancelled) == (waiting, waiting) { Ok(()) } else { Err("those who left have left something".into()) }
}
