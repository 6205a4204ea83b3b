//! The graph beside the handler written by hand: the same requests to the same server, in short passes that take turns.

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
    let passes: usize = arguments.get("passes", 400)?;
    let time = Duration::from_secs_f64(arguments.get("seconds", 0.1)?);
    let at_once = arguments.get("at-once", 64)?;
    let scratch = Scratch::new()?;
    let upstream = Process::start(&format!("upstream --latency {}", arguments.get("latency", 0)?))?;
    let shop = Process::start(&format!(
        "serve --threads 1 --port 0 --operators 127.0.0.1:0 --log off --by-hand --slow {} --upstreams {} --database {}",
        arguments.get("slow", 20)?,
        upstream.address,
        scratch.file().display()
    ))?;
    let right = Arc::new(RightAnswers::read(&scratch.database(), 0).await?);
    let mut clients = Vec::new();
    for number in 0..at_once {
        clients.push(Client { connection: Connection::open(shop.address).await?, next: number << 32 });
    }

    let mut compared = Compared { shop, right, clients };
    for handler in HANDLERS {
        compared.pass(handler, time).await?;
    }
    let mut measured = [Vec::new(), Vec::new()];
    for number in 0..passes {
        // First one, then the other first: whatever a machine does meanwhile meets both.
        for turn in 0..2 {
            let handler = (number + turn) % 2;
            measured[handler].push(compared.pass(HANDLERS[handler], time).await?);
        }
    }
    print(&measured);
    Ok(())
}

/// The results of one pass.
struct Pass {
    requests_a_second: f64,
    median: f64,
    p99: f64,
    /// Of a processor, in microseconds a request.
    busy: f64,
}

/// Returns a number of a pass.
type Figure = fn(&Pass) -> f64;

struct Compared {
    shop: Process,
    right: Arc<RightAnswers>,
    /// They keep their connections from pass to pass.
    clients: Vec<Client>,
}

struct Client {
    connection: Connection,
    next: u64,
}

impl Compared {
    async fn pass(&mut self, handler: &'static str, time: Duration) -> Result<Pass, Failure> {
        let before = self.shop.gauges().await?;
        let begun = Instant::now();
        let mut asking = JoinSet::new();
        for client in self.clients.drain(..) {
            asking.spawn(client.ask(Arc::clone(&self.right), handler, begun + time));
        }
        let mut latencies = Vec::new();
        while let Some(asked) = asking.join_next().await {
            let (client, of_client) = asked??;
            self.clients.push(client);
            latencies.extend(of_client);
        }
        let elapsed = begun.elapsed();
        let after = self.shop.gauges().await?;
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
}

impl Client {
    /// Sends one request after another, and returns how long each answer took.
    async fn ask(
        mut self,
        right: Arc<RightAnswers>,
        handler: &'static str,
        end: Instant,
    ) -> Result<(Self, Vec<Duration>), Failure> {
        let mut latencies = Vec::new();
        loop {
            let begun = Instant::now();
            if begun > end {
                return Ok((self, latencies));
            }
            let request = self.next;
            self.next += 1;
            if !right.knows(request) {
                continue;
            }
            self.connection.send(&format!("{handler}/product/{}", right.product_of(request)), request).await?;
            let answer = self.connection.answer().await?;
            latencies.push(begun.elapsed());
            if !right.is_right(request, &answer) {
                return Err(format!("wrong: {answer:?}").into());
            }
        }
    }
}

fn print(measured: &[Vec<Pass>; 2]) {
    let figures: [(&str, Figure); 4] = [
        ("requests a second", |pass| pass.requests_a_second),
        ("latency, median, ms", |pass| pass.median),
        ("latency, p99, ms", |pass| pass.p99),
        ("processor a request, us", |pass| pass.busy),
    ];
    let [graph, by_hand] = measured;
    println!("| medians of {} passes | graph | by hand | graph / by hand | 95 % sure | quartiles |", graph.len());
    println!("|---|---|---|---|---|---|");
    for (name, figure) in figures {
        let ratios = sorted(graph.iter().zip(by_hand).map(|(graph, by_hand)| figure(graph) / figure(by_hand)));
        let [graph, by_hand] = [graph, by_hand].map(|passes| quantile(&sorted(passes.iter().map(figure)), 0.5));
        let [low, ratio, high] = [0.25, 0.5, 0.75].map(|part| quantile(&ratios, part));
        // So far from the middle, in the order of size, the median of more and more passes may still move.
        let doubt = 0.98 / count(ratios.len()).sqrt();
        let [least, most] = [0.5 - doubt, 0.5 + doubt].map(|part| quantile(&ratios, part));
        println!(
            "| {name} | {graph:.2} | {by_hand:.2} | {ratio:.3} | {least:.3} to {most:.3} | {low:.3} to {high:.3} |"
        );
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// Returns the value that `part` of the sorted values do not reach.
fn quantile(values: &[f64], part: f64) -> f64 {
    let reached = values.iter().zip(1..).find(|(_, place)| count(*place) > part * count(values.len()));
    *reached.map_or(&values[values.len() - 1], |(value, _)| value)
}

fn count(values: usize) -> f64 {
    u32::try_from(values).map_or(f64::INFINITY, f64::from)
}
