//! The same order on a Restate server: a service, which is killed and started again.

use std::env;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_blocking;

use crate::order::{NewOrder, Order};
use crate::upstream::Upstream;
use crate::{Process, check_calls, print_calls, upstream};

/// The service: all that a program needs to put its graph on Restate.
pub(crate) async fn serve(address: SocketAddr, upstream: Upstream) -> anyhow::Result<()> {
    let listener = TcpListener::bind(address).await?;
    match adagio_restate::serve(move |new: NewOrder| Order { new, upstream, life: None }).listen(listener).await? {}
}

pub(crate) async fn play() -> anyhow::Result<()> {
    let (upstream, books) = upstream().await?;

    // A port that is free now, and most likely in a moment.
    let address = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let mut service = start(address, upstream).await?;
    let deployment = json!({"uri": format!("http://{address}"), "force": true});
    post(format!("{}/deployments", admin()), deployment).await.context("is a Restate server running?")?;

    let order = serde_json::to_value(NewOrder { id: 7, item: "a lamp".to_owned() })?;
    let sent = post(format!("{}/Order/mail/send", ingress()), order).await?;
    let invocation = sent["invocationId"].as_str().context("an invocation has an id")?;
    println!("placed {invocation}");

    while books.calls("ship") == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    println!("kill -9 of the service, while the parcel is on its way");
    service.kill()?;
    print_calls(&books);

    println!("started again");
    let _service = start(address, upstream).await?;
    let url = format!("{}/restate/invocation/{invocation}/attach", ingress());
    let letter: Value = spawn_blocking(|| anyhow::Ok(ureq::get(url).call()?.body_mut().read_json()?)).await??;
    println!("done: {letter}");
    print_calls(&books);
    println!("{:100}", adagio_restate::report::<Order>(&admin(), invocation).await?);
    anyhow::ensure!(letter == "mail-7: a lamp in ship-7, paid with charge-7", "that is another letter");
    check_calls(&books)?;
    Ok(())
}

async fn start(address: SocketAddr, upstream: SocketAddr) -> anyhow::Result<Process> {
    let service = Process::start(&["restate".to_owned(), address.to_string(), upstream.to_string()])?;
    while TcpStream::connect(address).await.is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(service)
}

async fn post(url: String, body: Value) -> anyhow::Result<Value> {
    spawn_blocking(move || Ok(ureq::post(url).send_json(body)?.body_mut().read_json()?)).await?
}

fn ingress() -> String {
    env::var("RESTATE_INGRESS").unwrap_or_else(|_| "http://127.0.0.1:8080".to_owned())
}

fn admin() -> String {
    env::var("RESTATE_ADMIN").unwrap_or_else(|_| "http://127.0.0.1:9070".to_owned())
}
