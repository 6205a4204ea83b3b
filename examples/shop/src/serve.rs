//! Starts the shop, and with it the services that it needs.

use std::net::{Ipv4Addr, SocketAddr};
use std::panic;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::arguments::Arguments;
use crate::database::Database;
use crate::play::services::{self, Upstream};
use crate::routes;
use crate::shop::{Requests, Shop};
use crate::upstreams::{Addresses, Upstreams};
use crate::{Failure, Outcome};

pub(crate) async fn serve(arguments: &Arguments) -> Outcome {
    log(arguments.get("log", LevelFilter::INFO)?);
    let addresses = match arguments.find("upstreams")? {
        Some(address) => Addresses { prices: address, stock: address, recommendations: address },
        None => play(20).await?,
    };
    let database = arguments.get("database", std::env::temp_dir().join("adagio-shop.db"))?;
    let shop = open(&database, addresses, Duration::from_millis(arguments.get("patience", 5000)?)).await?;
    let listener = listen(arguments.get("port", 3000)?).await?;
    let address = listener.local_addr()?;
    println!("http://{address}/product/7, also with ?trace=1, and http://{address}/graph");
    Ok(axum::serve(listener, routes::router(shop)).await?)
}

pub(crate) async fn serve_upstream(arguments: &Arguments) -> Outcome {
    let latency = Duration::from_millis(arguments.get("latency", 0)?);
    let is_open = arguments.get("closed", 0)? == 0;
    let listener = listen(arguments.get("port", 0)?).await?;
    println!("http://{} plays prices, stock and recommendations", listener.local_addr()?);
    let upstream = Upstream::new(latency, arguments.get("fail", 0)?, is_open);
    Ok(axum::serve(listener, services::router(upstream)).await?)
}

async fn open(database: &Path, addresses: Addresses, patience: Duration) -> Result<Arc<Shop>, Failure> {
    let database = Database::open(database).await?;
    let upstreams = Upstreams::new(addresses, patience)?;
    Ok(Arc::new(Shop { database, upstreams, requests: Requests::default() }))
}

/// Starts the three services within this process; so many in a thousand of the requests meet a fault.
async fn play(faults: u64) -> std::io::Result<Addresses> {
    let start = async || {
        let upstream = Upstream::new(Duration::from_millis(20), faults, true);
        start(services::router(upstream)).await
    };
    Ok(Addresses { prices: start().await?, stock: start().await?, recommendations: start().await? })
}

async fn start(router: Router) -> std::io::Result<SocketAddr> {
    let listener = listen(0).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

async fn listen(port: u16) -> std::io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
}

/// Writes spans to the log as they close, and panics as any error.
fn log(level: LevelFilter) {
    tracing_subscriber::fmt().with_max_level(level).with_span_events(FmtSpan::CLOSE).init();
    panic::set_hook(Box::new(|panic| tracing::error!(%panic)));
}

#[cfg(test)]
mod tests;
