//! Runs every graph by everyone, prints a table, and writes the raw numbers and a picture. With a word as argument, only
//! the graphs whose names contain it, and nothing is written.

use std::{env, fs, io, path::Path};

use adagio_benches::body::{AtOnce, Bytes, OneYield, Sockets};
use adagio_benches::contestants::dagx::Tasks;
use adagio_benches::contestants::{Contestant, told, told_spawning};
use adagio_benches::measure::{Figures, From, Place, measure};
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
    let one_thread = Builder::new_current_thread().enable_io().build()?;
    let threads = Builder::new_multi_thread().worker_threads(2).enable_io().build()?;
    let places = [
        Place { name: "current-thread", runtime: &one_thread, from: From::OnlyThread },
        Place { name: "multi-thread", runtime: &threads, from: From::Worker },
    ];
    let mut figures = Vec::new();
    let mut compare = |place: &Place<'_>, bodies, contests: Vec<Contest>| {
        for (shape, contestants) in contests {
            if filter.as_deref().is_none_or(|word| shape.name.contains(word)) {
                eprintln!("{}, {bodies}, {}", place.name, shape.name);
                figures.extend(measure(place, shape, bodies, &contestants));
            }
        }
    };
    for place in &places {
        let connections = place.runtime.block_on(sockets::connect(server, CONNECTIONS))?;
        compare(place, "at once", contests(AtOnce));
        compare(place, "one yield", contests(OneYield));
        compare(place, "1 KiB results", contests(Bytes(1024)));
        compare(place, "64 KiB results", contests(Bytes(64 * 1024)));
        compare(place, "sockets", contests(Sockets(connections)));
    }
    // Who spawns is also told apart by where it is awaited: outside of the workers each result that comes back is a wake-up
    // of another thread.
    for (name, from) in [("multi-thread, from a worker", From::Worker), ("multi-thread, from block_on", From::Outside)]
    {
        let place = Place { name, runtime: &threads, from };
        compare(&place, "at once, spawned", spawning_contests(AtOnce));
        compare(&place, "one yield, spawned", spawning_contests(OneYield));
    }
    println!("{}", table::markdown(&figures));
    if filter.is_none() {
        write(&figures)?;
    }
    Ok(())
}

type Contest = (&'static Shape, Vec<Contestant>);

/// Everyone who can run all in one future, and those who spawn whatever one does.
fn contests<B: Tasks>(body: B) -> Vec<Contest> {
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

/// Everyone who spawns.
fn spawning_contests<B: Tasks>(body: B) -> Vec<Contest> {
    macro_rules! contests {
        ($($graph:ident)*) => {
            vec![$((&graphs::$graph::SHAPE, {
                let mut contestants = vec![graphs::$graph::spawning(body)];
                contestants.extend(told_spawning(&graphs::$graph::SHAPE, body));
                contestants
            })),*]
        };
    }
    contests![diamond chain fan_out]
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
