//! More requests than the shop has room for: it answers those that it takes as fast as ever, and refuses the others at once.

use std::sync::Arc;
use std::time::Duration;

use super::load::{Latencies, Load, Timed};
use super::process::{Process, Scratch};
use super::right::RightAnswers;
use crate::Outcome;
use crate::arguments::Arguments;

/// Other work of the machine may spoil a pass, but not this many passes.
const TRIES: usize = 3;

pub(crate) async fn overload(arguments: &Arguments) -> Outcome {
    let at_once: usize = arguments.get("at-once", 32)?;
    let time = Duration::from_secs_f64(arguments.get("seconds", 10.0)?);
    let times: usize = arguments.get("times", 5)?;
    let scratch = Scratch::new()?;
    let upstream = Process::start(&format!("upstream --latency {}", arguments.get("latency", 50)?))?;
    let shop = Process::start(&format!(
        "serve --port 0 --operators 127.0.0.1:0 --log off --at-once {at_once} --upstreams {} --database {}",
        upstream.address,
        scratch.file().display()
    ))?;
    let right = Arc::new(RightAnswers::read(&scratch.database(), 0).await?);
    let load = Load { shop: shop.address, right };

    let mut spoilt = None;
    for _ in 0..TRIES {
        let idle = load.ask(1, time / 5).await?;
        let able = load.ask(at_once, time / 5).await?;
        let rate = a_second(&able, time / 5);
        // Enough clients to go on sending while others wait.
        let clients = 2 * at_once * times;
        let over = load.send(clients, rate * f64::from(u32::try_from(times)?), time).await?;
        check_answers(&over)?;
        spoilt = check_times(&idle, &able, &over, time, rate);
        if spoilt.is_none() || arguments.has("busy") {
            return Ok(());
        }
    }
    Err(spoilt.unwrap_or_default().into())
}

/// Whatever the machine does besides, each answer is a page, or says when to come again.
fn check_answers(over: &[Timed]) -> Outcome {
    if let Some(other) = over.iter().find(|timed| ![200, 503].contains(&timed.status)) {
        return Err(format!("an answer has status {}", other.status).into());
    }
    if over.iter().any(|timed| timed.status == 503 && !timed.says_when_to_retry) {
        return Err("a 503 does not say when to come again".into());
    }
    if over.iter().all(|timed| timed.status == 200) {
        return Err("none was refused".into());
    }
    Ok(())
}

/// Prints what was measured, and returns which figure is not as it should be.
fn check_times(idle: &[Timed], able: &[Timed], over: &[Timed], time: Duration, rate: f64) -> Option<String> {
    let (taken, refused): (Vec<Timed>, Vec<Timed>) = over.iter().cloned().partition(|timed| timed.status == 200);
    println!("| | requests a second | median, ms | p99, ms |\n|---|---|---|---|");
    for (name, timed, time) in [
        ("one client after another", idle, time / 5),
        ("as many as there is room for", able, time / 5),
        ("too many: those answered", &taken, time),
        ("too many: those refused", &refused, time),
    ] {
        let latencies = Latencies::of(timed);
        let rate = a_second(timed, time);
        println!("| {name} | {rate:.0} | {:.1} | {:.1} |", latencies.median, latencies.p99);
    }
    let (before, during) = (Latencies::of(idle), Latencies::of(&taken));
    println!(
        "{:.1} times what it can do: the median of what it answers is {:.2} of the idle one, the p99 {:.2}",
        a_second(over, time) / rate,
        during.median / before.median,
        during.p99 / before.p99
    );
    if during.median > 2.0 * before.median || during.p99 > 2.0 * before.p99 {
        return Some("what it answers takes more than twice as long".to_owned());
    }
    if a_second(&taken, time) < rate / 2.0 {
        return Some("it answers fewer than half of what it can".to_owned());
    }
    None
}

fn a_second(timed: &[Timed], time: Duration) -> f64 {
    u32::try_from(timed.len()).map_or(f64::INFINITY, f64::from) / time.as_secs_f64()
}
