//! A pipeline over files that goes on from where it failed: once in the same process, once in another.

mod files;

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

use adagio::{Observer, Outcome, TaskEvent, dag};
use anyhow::Context;
use files::{Folder, Order};

struct Year {
    folder: PathBuf,
}

#[dag]
impl Year {
    /// The orders as they came in: the large file.
    async fn orders(&self) -> anyhow::Result<Vec<Order>> {
        files::read_orders(&self.folder.join("orders.csv")).await
    }

    /// Each order once, without the cancelled ones.
    #[depends(orders)]
    fn clean(&self, orders: &[Order]) -> Vec<Order> {
        let mut clean: Vec<_> = orders.iter().filter(|order| order.count > 0).cloned().collect();
        clean.dedup_by_key(|order| order.id);
        clean
    }

    /// The sales: the orders joined with the names and prices of the small file.
    #[depends(clean)]
    async fn sales(&self, clean: &[Order]) -> anyhow::Result<Vec<Sale>> {
        let prices = files::read_prices(&self.folder.join("prices.csv")).await?;
        let join = |order: &Order| {
            let price = prices.get(&order.sku).with_context(|| format!("order {}: no price", order.id))?;
            Ok(Sale { month: order.month, name: price.name.clone(), cents: price.cents * order.count })
        };
        clean.iter().map(join).collect()
    }

    #[depends(sales)]
    fn by_month(&self, sales: &[Sale]) -> BTreeMap<u64, u64> {
        sum(sales.iter().map(|sale| (sale.month, sale.cents)))
    }

    #[depends(sales)]
    fn by_name(&self, sales: &[Sale]) -> BTreeMap<String, u64> {
        sum(sales.iter().map(|sale| (sale.name.clone(), sale.cents)))
    }

    /// Writes the report.
    #[depends(by_month, by_name)]
    async fn report(&self, by_month: &BTreeMap<u64, u64>, by_name: &BTreeMap<String, u64>) -> anyhow::Result<()> {
        let mut text = String::from("sales, in euros\n");
        for (month, cents) in by_month {
            writeln!(text, "  month {month:2}    {:10}", cents / 100)?;
        }
        for (name, cents) in by_name {
            writeln!(text, "  {name:12}{:10}", cents / 100)?;
        }
        Ok(tokio::fs::write(self.folder.join("report.txt"), text).await?)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    match env::args_os().nth(1) {
        None => first_process().await,
        Some(folder) => second_process(folder.into()).await,
    }
}

async fn first_process() -> anyhow::Result<()> {
    let folder = Folder::make()?;
    let year = Year { folder: folder.path().to_owned() };

    println!("a run, with a bad line in the small file:");
    let run = year.run().observe(Print);
    if let Err(error) = run.report().await {
        println!("error: {:#}", anyhow::Error::from(error));
    }

    println!("\nthe same run, with the line mended and the large file gone:");
    folder.replace("prices.csv", "24.50", "2450")?;
    folder.remove("orders.csv")?;
    run.retry_failed();
    run.report().await?;
    let report = folder.take("report.txt")?;

    // What succeeded is there: this starts nothing.
    files::write_orders(&year.folder.join("clean.csv"), run.clean().await?)?;

    println!("\nanother process, with the cleaned orders of the first:");
    let status = Command::new(env::current_exe()?).arg(&year.folder).status()?;
    anyhow::ensure!(status.success(), "the second process failed");
    anyhow::ensure!(folder.take("report.txt")? == report, "the second report is another one");

    println!("\n{report}");
    Ok(())
}

async fn second_process(folder: PathBuf) -> anyhow::Result<()> {
    let clean = files::read_orders(&folder.join("clean.csv")).await?;
    let year = Year { folder };
    year.run().with_clean(clean).observe(Print).report().await?;
    Ok(())
}

/// Prints what starts, and what does not come to its end.
struct Print;

impl Observer for Print {
    fn started(&self, task: &TaskEvent<'_>) {
        println!("  {} starts", task.name());
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        match outcome {
            Outcome::Failed(_) => println!("  {} failed", task.name()),
            Outcome::Skipped { because } => println!("  {} is skipped, because {because} failed", task.name()),
            _ => {}
        }
    }
}

struct Sale {
    month: u64,
    name: String,
    cents: u64,
}

fn sum<K: Ord>(amounts: impl Iterator<Item = (K, u64)>) -> BTreeMap<K, u64> {
    let mut sums = BTreeMap::new();
    for (key, amount) in amounts {
        *sums.entry(key).or_default() += amount;
    }
    sums
}
