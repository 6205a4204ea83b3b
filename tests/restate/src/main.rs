//! The service that the tests start and kill. Arguments: the address, the folder in which the tests leave their orders,
//! and the tasks to serve: `all`, `diamond` for the tasks of the remote diamond alone, a version of `Parcel`, `Freight` or
//! `Spread`, a half of `Crowd`, or the names of tasks of `Parts`. The variable `IDENTITY_KEY` is the key of the server, if it
//! has one. A SIGTERM ends it after a grace period of `GRACE` milliseconds. With `report`, a graph, an address and an
//! invocation it prints a report instead.

mod caught;
mod chain;
mod crawl;
mod diamond;
mod freight;
mod hour;
mod made;
mod parcel;
mod parts;
mod shop;
mod short;
mod spread;
mod ten;
mod unfit;

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;
use std::{env, io};

use adagio::Outcome;
use adagio_restate::Deployment;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

pub(crate) use orders::Orders;

mod orders;

#[tokio::main]
async fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["report", graph, admin, invocation] => print_report(graph, admin, invocation).await,
        [address, folder, served @ ..] => serve(address, Orders::new(folder.into()), served).await?,
        _ => panic!("an address, a folder, and what to serve"),
    }
    Ok(())
}

async fn serve(address: &str, orders: Orders, served: &[&str]) -> io::Result<()> {
    let version = |version: &&str| {
        let freight = || freight::serve(version, &orders);
        parcel::serve(version, &orders).or_else(freight).or_else(|| spread::serve(version, &orders))
    };
    let version = served.first().and_then(version);
    let deployment = match (version, served) {
        (Some(version), _) => version,
        (None, ["all"]) => all(&orders),
        (None, ["diamond"]) => diamond::serve_tasks(Deployment::default(), &orders),
        (None, [half @ ("first half" | "second half")]) => made::serve_half(half, &orders),
        (None, tasks) => parts::serve_tasks(Deployment::default(), tasks, &orders),
    };
    let deployment = deployment.error_code(shop::code);
    let deployment = match env::var("IDENTITY_KEY") {
        Ok(key) => deployment.identity_key(&key).expect("the key of a server"),
        Err(_) => deployment,
    };
    let deployment = match seconds("IDEMPOTENCY_RETENTION") {
        Some(retention) => deployment.idempotency_retention(retention),
        None => deployment,
    };
    let deployment = match seconds("JOURNAL_RETENTION") {
        Some(retention) => deployment.journal_retention(retention),
        None => deployment,
    };
    let grace = env::var("GRACE").map_or(0, |grace| grace.parse().expect("milliseconds"));
    let mut terminate = signal(SignalKind::terminate())?;
    let stop = async move { _ = terminate.recv().await };
    deployment.listen_until(TcpListener::bind(address).await?, stop, Duration::from_millis(grace)).await
}

/// Returns a variable of the environment as a time.
fn seconds(name: &str) -> Option<Duration> {
    let seconds = env::var(name).ok()?;
    Some(Duration::from_secs(seconds.parse().expect("seconds")))
}

/// Prints the report of an invocation, for a test to read.
async fn print_report(graph: &str, admin: &str, invocation: &str) {
    let report = match graph {
        "Diamond" => adagio_restate::report::<diamond::Diamond>(admin, invocation).await,
        "RemoteDiamond" => adagio_restate::report::<diamond::RemoteDiamond>(admin, invocation).await,
        "Shop" => adagio_restate::report::<shop::Shop>(admin, invocation).await,
        "FarCaught" => adagio_restate::report::<caught::FarCaught>(admin, invocation).await,
        "Hour" => adagio_restate::report::<hour::Hour>(admin, invocation).await,
        "FarHour" => adagio_restate::report::<hour::FarHour>(admin, invocation).await,
        "Spread" => spread::report(admin, invocation).await,
        "Unfit" => adagio_restate::report::<unfit::Unfit>(admin, invocation).await,
        _ => panic!("no graph of this name"),
    };
    let timeline = match report {
        Ok(timeline) => timeline,
        Err(error) => return println!("{}", json!({"error": error.to_string()})),
    };
    let tasks = timeline.tasks();
    let outcomes: BTreeMap<&str, String> = tasks
        .iter()
        .map(|task| match (task.outcome(), task.started()) {
            (Some(Outcome::Failed(error)), _) => {
                (task.name(), error.source().expect("a failure has a cause").to_string())
            }
            (Some(outcome), _) => (task.name(), format!("{outcome:?}")),
            (None, Some(_)) => (task.name(), "under way".to_owned()),
            (None, None) => (task.name(), "not started".to_owned()),
        })
        .collect();
    let attempts: BTreeMap<&str, usize> = tasks.iter().map(|task| (task.name(), task.attempts().len())).collect();
    let path: Vec<String> = timeline.critical_path().iter().map(|task| task.name().to_owned()).collect();
    let wall = u64::try_from(timeline.wall_time().as_millis()).expect("a short run");
    println!(
        "{}",
        json!({"tasks": outcomes, "attempts": attempts, "path": path, "wall": wall, "page": timeline.to_html()})
    );
}

fn all(orders: &Orders) -> Deployment {
    let deployment = caught::serve(diamond::serve(crawl::serve(Deployment::default(), orders), orders), orders);
    let deployment = unfit::serve(hour::serve(ten::serve(deployment, orders), orders), orders);
    short::serve(chain::serve(made::serve(shop::serve(parts::serve(deployment, orders), orders), orders)))
}
