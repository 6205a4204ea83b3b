//! All services are down for a while, and come back: the shop answers fast with what it remembers, and leaves them in peace
//! until they can take the load again.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::load::{Latencies, Load, Timed};
use super::process::{Process, Scratch};
use super::right::RightAnswers;
use crate::arguments::Arguments;
use crate::{Failure, Outcome};

/// Requests a second, all the while.
const RATE: f64 = 200.0;

/// Enough for requests that wait for a service that hangs.
const CLIENTS: usize = 400;

/// The services are well for so long before, between and after.
const WELL: Duration = Duration::from_secs(4);

/// The calls that the services get are counted over and over, for so long each time.
const WINDOW: Duration = Duration::from_millis(100);

/// The number of windows by which a busy machine may delay a request.
const SLACK: u64 = 3;

/// Long enough for the breakers to open, while a service hangs: requests wait until the first of them give up.
const OPENING: Duration = Duration::from_secs(3);

pub(crate) async fn outage(arguments: &Arguments) -> Outcome {
    let time = Duration::from_secs_f64(arguments.get("seconds", 60.0)?);
    let is_busy = arguments.has("busy");
    let scratch = Scratch::new()?;
    let upstream = Process::start("upstream --latency 10")?;
    let address = upstream.address;
    let shop = Process::start(&format!(
        "serve --port 0 --operators 127.0.0.1:0 --log off --upstreams {address} --database {}",
        scratch.file().display()
    ))?;
    let right = Arc::new(RightAnswers::read(&scratch.database(), 0).await?);
    let load = Load { shop: shop.address, right };

    let (before, steady) = watched(&load, &upstream).await?;
    println!("| | answers | with something old | median, ms | p99, ms | slowest, ms |\n|---|---|---|---|---|---|");
    let normal = print("before", &before);
    check_that_all_are_whole("before", &before)?;

    drop(upstream);
    let down = load.send(CLIENTS, RATE, time).await?;
    let latencies = print("the services refuse connections", &down);
    check_that_all_are_partial("while the services were down", &down)?;
    if latencies.median > normal.median && !is_busy {
        return Err("answers are slower while the services are down".into());
    }
    let upstream = Process::start(&format!("upstream --latency 10 --port {}", address.port()))?;
    check_return(&load, &upstream, "they are back", steady, is_busy).await?;

    upstream.signal("STOP")?;
    print("the services hang, at first", &load.send(CLIENTS, RATE, OPENING).await?);
    let hung = load.send(CLIENTS, RATE, time).await?;
    let latencies = print("the services hang", &hung);
    check_that_all_are_partial("while the services hung", &hung)?;
    if latencies.median > normal.median && !is_busy {
        return Err("answers are slower while the services hang".into());
    }
    upstream.signal("CONT")?;
    check_return(&load, &upstream, "they are back", steady, is_busy).await
}

/// The services come back to no more calls than there are in good times, and in the end all is as it was.
async fn check_return(load: &Load, upstream: &Process, name: &str, steady: u64, is_busy: bool) -> Outcome {
    let (_, most) = watched(load, upstream).await?;
    println!("the services got at most {most} calls in {} ms, in good times {steady}", WINDOW.as_millis());
    if most > SLACK * steady && !is_busy {
        return Err("there was a stampede".into());
    }
    let after = load.send(CLIENTS, RATE, WELL).await?;
    print(name, &after);
    check_that_all_are_whole("after the services came back", &after)
}

/// Sends requests for a while, and returns them with the most calls that the services got in a window.
async fn watched(load: &Load, upstream: &Process) -> Result<(Vec<Timed>, u64), Failure> {
    let watcher = upstream.watcher();
    let most: JoinHandle<reqwest::Result<u64>> = tokio::spawn(async move {
        let (mut most, mut last) = (0, watcher.gauges().await?.started);
        for _ in 0..WELL.as_millis() / WINDOW.as_millis() {
            sleep(WINDOW).await;
            let now = watcher.gauges().await?.started;
            most = most.max(now - last);
            last = now;
        }
        Ok(most)
    });
    let timed = load.send(CLIENTS, RATE, WELL).await?;
    Ok((timed, most.await??))
}

fn print(name: &str, timed: &[Timed]) -> Latencies {
    let latencies = Latencies::of(timed);
    let partial = timed.iter().filter(|timed| timed.is_partial).count();
    let Latencies { median, p99, most } = latencies;
    println!("| {name} | {} | {partial} | {median:.1} | {p99:.1} | {most:.1} |", timed.len());
    latencies
}

fn check_that_all_are_whole(when: &str, timed: &[Timed]) -> Outcome {
    check(timed, |timed| timed.status == 200 && !timed.is_partial).map_err(|error| format!("{when}: {error}").into())
}

fn check_that_all_are_partial(when: &str, timed: &[Timed]) -> Outcome {
    check(timed, |timed| timed.status == 200 && timed.is_partial).map_err(|error| format!("{when}: {error}").into())
}

fn check(timed: &[Timed], is_right: impl Fn(&Timed) -> bool) -> Result<(), String> {
    match timed.iter().find(|timed| !is_right(timed)) {
        Some(wrong) => Err(format!("{wrong:?}")),
        None => Ok(()),
    }
}
