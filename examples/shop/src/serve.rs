//! The life of the shop: it starts its parts, serves until it is told to end, and stops the parts in the opposite order.

#[cfg(test)]
mod tests;

use std::env;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic;
use std::sync::Arc;
use std::time::Duration;

use adagio::Profile;
use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::arguments::Arguments;
use crate::database::{Database, Place};
use crate::listener::{Limits, Listener};
use crate::play::services::{self, Upstream};
use crate::remembered::Remembered;
use crate::routes::{self, Offer, operators};
use crate::shop::{Requests, Shop};
use crate::slow::SlowRequests;
use crate::upstreams::{Addresses, Upstreams};
use crate::{Failure, Outcome};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Operators are few.
const OPERATORS: usize = 50;

/// How the shop reacts if services fail and if there are many requests.
#[derive(Clone, Copy, Debug)]
struct Settings {
    /// How long a price, or a connection to the database, may take.
    patience: Duration,
    /// The number of failures in a row after which a service is not called for a while; 0 means never.
    breaker: u32,
    /// For how long an answer may stand in for one that does not come; 0 is never.
    remember: Duration,
    /// So many timelines of slow requests are kept.
    slow: usize,
}

const SETTINGS: Settings =
    Settings { patience: Duration::from_secs(2), breaker: 20, remember: Duration::from_secs(600), slow: 20 };

pub(crate) async fn serve(arguments: &Arguments) -> Outcome {
    log(arguments.get("log", LevelFilter::INFO)?);
    let mut end = end()?;
    let settings = Settings {
        patience: milliseconds(arguments, "patience", SETTINGS.patience)?,
        breaker: arguments.get("breaker", SETTINGS.breaker)?,
        remember: Duration::from_secs(arguments.get("remember", SETTINGS.remember.as_secs())?),
        slow: arguments.get("slow", SETTINGS.slow)?,
    };
    let limits = Limits {
        connections: arguments.get("connections", 15_000)?,
        patience: milliseconds(arguments, "slow-client", Duration::from_secs(10))?,
        drain: milliseconds(arguments, "drain", Duration::from_secs(20))?,
    };
    let offer = Offer { at_once: arguments.get("at-once", 256)?, by_hand: arguments.has("by-hand") };
    let addresses = match arguments.find("upstreams")? {
        Some(address) => Addresses { prices: address, stock: address, recommendations: address },
        None => play(20).await?,
    };
    let shop = open(&database(arguments)?, addresses, settings).await?;
    let listener = listen((arguments.get("host", LOOPBACK)?, arguments.get("port", 3000)?).into()).await?;
    let at_operators = arguments.get("operators", SocketAddr::new(LOOPBACK, 3001))?;
    let for_operators = listen(at_operators).await?;
    println!("http://{}/ for all", listener.local_addr()?);
    println!("http://{}/ for operators", for_operators.local_addr()?);

    let (is_open, opened) = watch::channel(true);
    let (ended, mut until_ended) = watch::channel(());
    let operators = Listener::new(
        for_operators,
        Limits { connections: OPERATORS, drain: Duration::ZERO, ..limits },
        operators::router(Arc::clone(&shop), opened),
        routes::full(Arc::clone(&shop)),
    );
    // They look on until all others have their answers.
    let operators = tokio::spawn(operators.serve(async move { _ = until_ended.changed().await }));
    let router = routes::router(Arc::clone(&shop), offer);
    let until_told = async {
        _ = end.changed().await;
        is_open.send_replace(false);
        tracing::info!("the shop closes");
    };
    let cut_off = Listener::new(listener, limits, router, routes::full(Arc::clone(&shop))).serve(until_told).await;
    if cut_off > 0 {
        tracing::warn!(cut_off, "some were not answered in time");
    }
    drop(ended);
    operators.await?;
    shop.database.close().await;
    tracing::info!("the shop is closed");
    Ok(())
}

pub(crate) async fn serve_upstream(arguments: &Arguments) -> Outcome {
    let latency = milliseconds(arguments, "latency", Duration::ZERO)?;
    let listener = listen((LOOPBACK, arguments.get("port", 0)?).into()).await?;
    println!("http://{} plays prices, stock and recommendations", listener.local_addr()?);
    let upstream = Upstream::new(latency, arguments.get("fail", 0)?, !arguments.has("closed"));
    Ok(axum::serve(listener, services::router(upstream)).await?)
}

fn milliseconds(arguments: &Arguments, name: &str, default: Duration) -> Result<Duration, String> {
    Ok(arguments.find(name)?.map_or(default, Duration::from_millis))
}

/// Returns the database that is asked for, on the command line or, with what nobody should read there, in the environment.
fn database(arguments: &Arguments) -> Result<Place, Failure> {
    match arguments.find("database")?.or_else(|| env::var("DATABASE_URL").ok()) {
        Some(place) => Ok(place.parse()?),
        None => Ok(Place::File(env::temp_dir().join("adagio-shop-1.db"))),
    }
}

async fn open(database: &Place, addresses: Addresses, settings: Settings) -> Result<Arc<Shop>, Failure> {
    Ok(Arc::new(Shop {
        database: Database::open(database, settings.patience).await?,
        upstreams: Upstreams::new(addresses, settings.patience, settings.breaker)?,
        prices: Remembered::new(settings.remember),
        stocks: Remembered::new(settings.remember),
        requests: Requests::default(),
        slow: SlowRequests::new(settings.slow),
        profile: Profile::new(),
    }))
}

/// Starts the three services within this process; `faults` in a thousand of the requests meet a fault.
async fn play(faults: u64) -> std::io::Result<Addresses> {
    let start = async || {
        let upstream = Upstream::new(Duration::from_millis(20), faults, true);
        start(services::router(upstream)).await
    };
    Ok(Addresses { prices: start().await?, stock: start().await?, recommendations: start().await? })
}

async fn start(router: Router) -> std::io::Result<SocketAddr> {
    let listener = listen(SocketAddr::new(LOOPBACK, 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

async fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Listens for the signals that ask a process to end; a second one ends it at once.
#[cfg(unix)]
fn end() -> std::io::Result<watch::Receiver<()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (end, ended) = watch::channel(());
    tokio::spawn(async move {
        for is_second in [false, true] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if is_second {
                tracing::warn!("ended at once");
                std::process::exit(1);
            }
            end.send_replace(());
        }
    });
    Ok(ended)
}

#[cfg(not(unix))]
fn end() -> std::io::Result<watch::Receiver<()>> {
    let (end, ended) = watch::channel(());
    tokio::spawn(async move {
        _ = tokio::signal::ctrl_c().await;
        end.send_replace(());
    });
    Ok(ended)
}

/// Writes spans to the log as they close, and panics as any error.
fn log(level: LevelFilter) {
    tracing_subscriber::fmt().with_max_level(level).with_span_events(FmtSpan::CLOSE).init();
    panic::set_hook(Box::new(|panic| tracing::error!(%panic)));
}
