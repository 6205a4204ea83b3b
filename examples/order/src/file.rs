//! The order in a file: no server, and nothing to install.

use std::path::Path;
use std::time::Duration;

use adagio_store::{Options, StoredRun};
use anyhow::Context;

use crate::order::{NewOrder, Order};
use crate::upstream::Upstream;
use crate::{Process, check_calls, print_calls, upstream};

const LETTER: &str = "mail-7: a lamp in ship-7, paid with charge-7";

/// One life of the program: all that it needs to keep its runs in a file.
pub(crate) async fn live(path: &str, life: u32, upstream: Upstream) -> anyhow::Result<()> {
    let store = Options::new().lease(Duration::from_secs(1)).open(path).await?;
    let orders = store.graph("order", move |new: NewOrder| Order { new, upstream, life: Some(life) });
    let order = orders.start("order-7", NewOrder { id: 7, item: "a lamp".to_owned() }).await?;
    let letter = order.mail().await?;
    println!("done: {letter}");
    anyhow::ensure!(letter == LETTER, "that is another letter");
    StoredRun::ended(&order).await;
    std::fs::write(Path::new(path).with_extension("html"), orders.report("order-7").await?)?;
    Ok(())
}

pub(crate) async fn play() -> anyhow::Result<()> {
    let (upstream, books) = upstream().await?;
    let folder = std::env::temp_dir().join(format!("adagio-order-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let path = folder.join("orders.db").to_str().context("the folder has a name")?.to_owned();
    let arguments = |life: u32| ["file".to_owned(), path.clone(), life.to_string(), upstream.to_string()];

    println!("life 1");
    let mut first = Process::start(&arguments(1))?;
    while books.calls("ship") == 0 {
        anyhow::ensure!(first.0.try_wait()?.is_none(), "the first life has ended by itself");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    first.kill()?;
    println!("kill -9, while the parcel is on its way");

    println!("life 2");
    let mut second = Process::start(&arguments(2))?;
    let status = tokio::task::spawn_blocking(move || second.0.wait()).await??;
    anyhow::ensure!(status.success(), "the second life has failed");
    print_calls(&books);
    check_calls(&books)?;
    std::fs::remove_dir_all(folder)?;
    Ok(())
}
