//! Places an order, kills the service in its middle, and starts it again. With arguments it is that service.

mod order;
mod upstream;

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, io};

use anyhow::Context;
use order::{NewOrder, Order};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_blocking;
use upstream::{Books, Upstream};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match &env::args().skip(1).collect::<Vec<_>>()[..] {
        [address, upstream] => serve(address.parse()?, Upstream(upstream.parse()?)).await,
        _ => play().await,
    }
}

/// The service: all that a program needs to put its graph on Restate.
async fn serve(address: SocketAddr, upstream: Upstream) -> anyhow::Result<()> {
    let listener = TcpListener::bind(address).await?;
    match adagio_restate::serve(move |new: NewOrder| Order { new, upstream }).listen(listener).await? {}
}

async fn play() -> anyhow::Result<()> {
    let books = Books::default();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let upstream = listener.local_addr()?;
    tokio::spawn(upstream::serve(listener, books.clone()));

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
    let calls = ["reserve", "address", "charge", "ship", "mail"].map(|step| books.calls(step));
    anyhow::ensure!(calls == [1, 1, 3, 2, 1], "a step whose result was stored ran again");
    Ok(())
}

/// The service in a process of its own, which goes with this one.
struct Service(Child);

impl Service {
    /// Kills it, as `kill -9` does.
    fn kill(&mut self) -> io::Result<()> {
        self.0.kill()?;
        self.0.wait().map(drop)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        _ = self.kill();
    }
}

async fn start(address: SocketAddr, upstream: SocketAddr) -> anyhow::Result<Service> {
    let mut command = Command::new(env::current_exe()?);
    command.args([address.to_string(), upstream.to_string()]).stdin(Stdio::null());
    let service = Service(command.spawn()?);
    while TcpStream::connect(address).await.is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(service)
}

fn print_calls(books: &Books) {
    for step in ["reserve", "address", "charge", "ship", "mail"] {
        println!("    {step:8} called {}, done {}", books.calls(step), books.done(step));
    }
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
