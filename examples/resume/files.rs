//! The files of the example, in a folder of its own: `orders.csv`, which is made, `prices.csv`, which has a bad line.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::{env, process};

use anyhow::Context;

/// The lines of `orders.csv`.
const ROWS: u64 = 200_000;

#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) id: u64,
    pub(crate) month: u64,
    pub(crate) sku: u64,
    /// 0 if it was cancelled.
    pub(crate) count: u64,
}

pub(crate) struct Price {
    pub(crate) name: String,
    pub(crate) cents: u64,
}

pub(crate) async fn read_orders(path: &Path) -> anyhow::Result<Vec<Order>> {
    let orders = read_csv(path, |[id, month, sku, count]| {
        Ok(Order { id: number(id)?, month: number(month)?, sku: number(sku)?, count: number(count)? })
    });
    orders.await
}

pub(crate) async fn read_prices(path: &Path) -> anyhow::Result<BTreeMap<u64, Price>> {
    let prices =
        read_csv(path, |[sku, name, cents]| Ok((number(sku)?, Price { name: name.to_owned(), cents: number(cents)? })));
    Ok(prices.await?.into_iter().collect())
}

/// Reads the lines behind the head. No field has a comma in it.
async fn read_csv<T, const FIELDS: usize>(
    path: &Path,
    parse: impl Fn([&str; FIELDS]) -> anyhow::Result<T>,
) -> anyhow::Result<Vec<T>> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let text = tokio::fs::read_to_string(path).await.with_context(|| format!("cannot read {name}"))?;
    let mut rows = Vec::new();
    for (index, line) in text.lines().enumerate().skip(1) {
        let mut fields = line.split(',');
        let row = [(); FIELDS].map(|()| fields.next().unwrap_or_default());
        rows.push(parse(row).with_context(|| format!("{name}, line {}", index + 1))?);
    }
    Ok(rows)
}

fn number(field: &str) -> anyhow::Result<u64> {
    field.parse().with_context(|| format!("`{field}` is no whole number"))
}

pub(crate) fn write_orders(path: &Path, orders: &[Order]) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "id,month,sku,count")?;
    for Order { id, month, sku, count } in orders {
        writeln!(file, "{id},{month},{sku},{count}")?;
    }
    file.flush()
}

/// The folder, which goes when this does.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn make() -> io::Result<Self> {
        let path = env::temp_dir().join(format!("adagio-resume-{}", process::id()));
        fs::create_dir(&path)?;
        let folder = Self(path);
        fs::write(folder.0.join("prices.csv"), include_str!("data/prices.csv"))?;
        let orders: Vec<_> = (0..ROWS).map(order).collect();
        write_orders(&folder.0.join("orders.csv"), &orders)?;
        Ok(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn replace(&self, name: &str, from: &str, to: &str) -> io::Result<()> {
        let path = self.0.join(name);
        fs::write(&path, fs::read_to_string(&path)?.replace(from, to))
    }

    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.0.join(name))
    }

    /// Removes a file and returns its text.
    pub(crate) fn take(&self, name: &str) -> io::Result<String> {
        let text = fs::read_to_string(self.0.join(name))?;
        self.remove(name)?;
        Ok(text)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

/// Returns the order in a row of the large file: one in ten came in twice, one in five was cancelled.
fn order(row: u64) -> Order {
    let id = row - u64::from(row % 10 == 9);
    Order { id, month: 1 + 12 * id * id / (ROWS * ROWS), sku: 1 + id / 3 % 6, count: id % 5 }
}
