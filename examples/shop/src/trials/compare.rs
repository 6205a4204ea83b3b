//! The graph beside the handler written by hand: the same requests to the same server, in passes that take turns.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::load::Connection;
use super::process::{Process, Scratch};
use super::right::RightAnswers;
use crate::arguments::Arguments;
use crate::{Failure, Outcome};

const HANDLERS: [&str; 2] = ["", "/by-hand"];

pub(crate) async fn compare(arguments: &Arguments) -> Outcome {
    let passes: usize = arguments.get("passes", 60)?;
    let time = Duration::from_secs_f64(arguments.get("seconds", 0.5)?);
    let at_once = arguments.get("at-once", 64)?;
    let scratch = Scratch::new()?;
    let database = scratch.database();
    let upstream = Process::start(&format!("upstream --latency {}", arguments.get("latency", 0)?))?;
    let shop = format!("serve --threads 1 --port 0 --log off --upstreams {}", upstream.address);
    let shop = Process::start(&format!("{shop} --database {}", database.display()))?;
    let right = Arc::new(RightAnswers::read(&database, 0).await?);

    for handler in HANDLERS {
        pass(&shop, &right, handler, at_once, time).await?;
    }
    let mut measured = [Vec::new(), Vec::new()];
    for number in 0..passes {
        // First one, then the other first: what a machine does meanwhile meets both.
        for turn in 0..2 {
            let handler = (number + turn) % 2;
            measured[handler].push(pass(&shop, &right, HANDLERS[handler], at_once, time).await?);
        }
    }
    print(&measured);
    Ok(())
}

/// What a pass has shown.
struct Pass {
    requests_a_second: f64,
    median: f64,
    p99: f64,
    /// Of a processor, in microseconds a request.
    busy: f64,
}

/// Gives a number of a pass.
type Figure = fn(&Pass) -> f64;

async fn pass(
    shop: &Process,
    right: &Arc<RightAnswers>,
    handler: &'static str,
    at_once: u64,
    time: Duration,
) -> Result<Pass, Failure> {
    let before = shop.gauges().await?;
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for client in 0..at_once {
        clients.spawn(latencies(shop.address, Arc::clone(right), handler, client << 32, begun + time));
    }
    let mut latencies = Vec::new();
    while let Some(client) = clients.join_next().await {
        latencies.extend(client??);
    }
    let elapsed = begun.elapsed();
    let after = shop.gauges().await?;
    latencies.sort_unstable();
    let requests = latencies.len();
    let count = f64::from(u32::try_from(requests)?);
    let busy = Duration::from_nanos(after.busy_nanoseconds - before.busy_nanoseconds);
    let at = |per_cent: usize| latencies[(requests * per_cent / 100).min(requests - 1)].as_secs_f64() * 1e3;
    Ok(Pass {
        requests_a_second: count / elapsed.as_secs_f64(),
        median: at(50),
        p99: at(99),
        busy: busy.as_secs_f64() * 1e6 / count,
    })
}

/// Gives how long each answer took, to one request after another.
async fn latencies(
    shop: SocketAddr,
    right: Arc<RightAnswers>,
    handler: &'static str,
    first: u64,
    end: Instant,
) -> io::Result<Vec<Duration>> {
    let mut connection = Connection::open(shop).await?;
    let mut latencies = Vec::new();
    for request in (first..).filter(|request| right.knows(*request)) {
        let begun = Instant::now();
        if begun > end {
            break;
        }
        connection.send(&format!("{handler}/product/{}", right.product_of(request)), request).await?;
        let answer = connection.answer().await?;
        latencies.push(begun.elapsed());
        if !right.is_right(request, &answer) {
            return Err(io::Error::other(format!("wrong: {answer:?}")));
        }
    }
    Ok(latencies)
}

fn print(measured: &[Vec<Pass>; 2]) {
    let figures: [(&str, Figure); 4] = [
        ("requests a second", |pass| pass.requests_a_second),
        ("latency, median, ms", |pass| pass.median),
        ("latency, p99, ms", |pass| pass.p99),
        ("processor a request, us", |pass| pass.busy),
    ];
    let [graph, by_hand] = measured;
    println!(
        "| medians of {} passes | graph | by hand | graph / by hand, and its quartiles |\n|---|---|---|---|",
        graph.len()
    );
    for (name, figure) in figures {
        let ratios = || graph.iter().zip(by_hand).map(|(graph, by_hand)| figure(graph) / figure(by_hand));
        let (graph, by_hand) = (quantile(graph.iter().map(figure), 2), quantile(by_hand.iter().map(figure), 2));
        let [low, ratio, high] = [1, 2, 3].map(|quarter| quantile(ratios(), quarter));
        println!("| {name} | {graph:.2} | {by_hand:.2} | {ratio:.3} ({low:.3} to {high:.3}) |");
    }
}

fn quantile(values: impl Iterator<Item = f64>, quarter: usize) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[(values.len() * quarter / 4).min(values.len() - 1)]
}
