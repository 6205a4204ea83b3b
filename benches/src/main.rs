//! Runs every graph by everyone, prints a table, and writes the raw numbers and a picture. With a word as argument, only
//! the graphs whose names contain it, and nothing is written.

use std::{env, fs, io, path::Path};

use adagio_benches::body::{AtOnce, Bytes, OneYield, Sockets};
use adagio_benches::contestants::dagx::Tasks;
use adagio_benches::contestants::{Contestant, told};
use adagio_benches::measure::{Figures, Place, measure};
use adagio_benches::shape::Shape;
use adagio_benches::{graphs, sockets};
use tokio::runtime::Builder;

mod picture;
mod table;

/// As many connections as the largest graph has tasks.
const CONNECTIONS: usize = 102;

fn main() -> io::Result<()> {
    let filter = env::args().nth(1);
    let server = sockets::serve()?;
    let places = [
        Place { name: "current-thread", runtime: Builder::new_current_thread().enable_io().build()?, is_on_worker: false },
        Place {
            name: "multi-thread",
            runtime: Builder::new_multi_thread().worker_threads(2).enable_io().build()?,
            is_on_worker: true,
        },
    ];
    let mut figures = Vec::new();
    for place in &places {
        let connections = place.runtime.block_on(sockets::connect(server, CONNECTIONS))?;
        let mut measure = |bodies, graphs: Vec<(&'static Shape, Vec<Contestant>)>| {
            for (shape, contestants) in graphs {
                if filter.as_deref().is_none_or(|word| shape.name.contains(word)) {
                    eprintln!("{}, {bodies}, {}", place.name, shape.name);
                    figures.extend(measure(place, shape, bodies, &contestants));
                }
            }
        };
        measure("at once", contests(AtOnce));
        measure("one yield", contests(OneYield));
        measure("1 KiB results", contests(Bytes(1024)));
        measure("64 KiB results", contests(Bytes(64 * 1024)));
        measure("sockets", contests(Sockets(connections)));
    }
    println!("{}", table::markdown(&figures));
    if filter.is_none() {
        write(&figures)?;
    }
    Ok(())
}

fn contests<B: Tasks>(body: B) -> Vec<(&'static Shape, Vec<Contestant>)> {
    macro_rules! contests {
        ($($graph:ident)*) => {
            vec![$((&graphs::$graph::SHAPE, {
                let mut contestants = graphs::$graph::contestants(body);
                contestants.extend(told(&graphs::$graph::SHAPE, body));
                contestants
            })),*]
        };
    }
    contests![one_task diamond request chain fan_out layers]
}

fn write(figures: &[Figures]) -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::write(folder.join("results.csv"), table::csv(figures))?;
    fs::write(folder.join("picture.svg"), picture::svg(figures))?;
    let readme = folder.join("../README.md");
    let text = fs::read_to_string(&readme)?;
    let (before, rest) = text.split_once(TABLE_BEGINS).ok_or_else(|| io::Error::other("the README has no table"))?;
    let (_, after) = rest.split_once(TABLE_ENDS).ok_or_else(|| io::Error::other("the table has no end"))?;
    fs::write(readme, format!("{before}{TABLE_BEGINS}\n{}{TABLE_ENDS}{after}", table::markdown(figures)))
}

const TABLE_BEGINS: &str = "<!-- the table of the bench -->\n";
const TABLE_ENDS: &str = "\n<!-- its end -->";
