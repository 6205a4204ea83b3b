//! Runs every graph with every contestant, prints a table, and writes it into two pages; the raw numbers and a picture
//! go beside the bench. With a word as argument, it runs only the graphs whose names contain the word, and writes
//! nothing; with `--check` it runs everything once and checks the results.

use std::hint::black_box;
use std::{env, fs, io, path::Path};

use adagio_benches::body::{AtOnce, Body, Bytes, Http, Sockets, Timers, Yields};
use adagio_benches::contestants::dagx::Tasks;
use adagio_benches::contestants::{Contestant, in_one_loop, told, told_spawning};
use adagio_benches::measure::{Effort, Figures, From, Place, measure};
use adagio_benches::shape::Shape;
use adagio_benches::{graphs, http, sockets};
use tokio::runtime::Builder;

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // Pixels are counted.
mod picture;
mod table;

/// As many connections as the largest graph has tasks.
const CONNECTIONS: usize = 102;

fn main() -> io::Result<()> {
    let word = env::args().nth(1);
    let is_check = word.as_deref() == Some("--check");
    let filter = word.as_deref().filter(|_| !is_check);
    let effort = if is_check { Effort::LEAST } else { Effort::FULL };
    // glibc learns from it to keep what is freed: the pages of large results would be asked for anew with each run.
    drop(black_box(vec![0_u8; 16 << 20]));
    let (server, http_server) = (sockets::serve()?, http::serve()?);
    let one_thread = Builder::new_current_thread().enable_all().build()?;
    let threads = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let places = [
        Place { name: "current-thread", runtime: &one_thread, from: From::OnlyThread, effort },
        Place { name: "multi-thread", runtime: &threads, from: From::Worker, effort },
    ];
    let mut figures = Vec::new();
    let mut compare = |place: &Place<'_>, bodies, contests: Vec<Contest>| {
        for (shape, contestants) in contests {
            if filter.is_none_or(|word| shape.name.contains(word)) {
                eprintln!("{}, {bodies}, {}", place.name, shape.name);
                figures.extend(measure(place, (shape.name, shape.tasks()), bodies, &contestants));
            }
        }
    };
    for place in &places {
        let connections = place.runtime.block_on(sockets::connect(server, CONNECTIONS))?;
        compare(place, "at once", contests(AtOnce));
        compare(place, "one yield", contests(Yields));
        compare(place, "1 KiB results", contests(Bytes(1024)));
        compare(place, "64 KiB results", contests(Bytes(64 * 1024)));
        compare(place, "sockets", contests(Sockets(connections)));
        compare(place, "timers of 1 ms", few_contests(Timers));
        compare(place, "HTTP requests", few_contests(Http(http::Client::new(http_server))));
    }
    // Who spawns is also told apart by where it is awaited: outside of the workers each result that comes back is a wake-up
    // of another thread.
    for (name, from) in [("multi-thread, from a worker", From::Worker), ("multi-thread, from block_on", From::Outside)]
    {
        let place = Place { name, runtime: &threads, from, effort };
        compare(&place, "at once, spawned", spawning_contests(AtOnce));
        compare(&place, "one yield, spawned", spawning_contests(Yields));
    }
    println!("{}\n\n{}", table::markdown(&figures), table::of_waiting(&figures));
    match word {
        None => write(&figures),
        Some(_) => Ok(()),
    }
}

type Contest = (&'static Shape, Vec<Contestant>);

/// Everyone who can run all in one future, and those who spawn whatever one does.
fn contests<B: Tasks>(body: B) -> Vec<Contest> {
    macro_rules! contests {
        ($($graph:ident)*) => {
            vec![$((&graphs::$graph::SHAPE, {
                let mut contestants = vec![graphs::$graph::hand_written(body)];
                contestants.extend(graphs::$graph::contestants(body));
                contestants.extend(told(&graphs::$graph::SHAPE, body));
                contestants
            })),*]
        };
    }
    contests![one_task diamond request chain fan_out layers]
}

/// Returns contests without other libraries, for bodies that take long.
fn few_contests<B: Body>(body: B) -> Vec<Contest> {
    macro_rules! contests {
        ($($graph:ident)*) => {
            vec![$((&graphs::$graph::SHAPE, {
                let mut contestants = vec![graphs::$graph::hand_written(body)];
                contestants.extend(graphs::$graph::contestants(body));
                contestants.push(in_one_loop(&graphs::$graph::SHAPE, body));
                contestants
            })),*]
        };
    }
    contests![diamond request fan_out]
}

/// Returns the contests of spawned tasks.
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

/// Writes the figures where the project keeps them.
fn write(figures: &[Figures]) -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::write(folder.join("results.csv"), table::csv(figures))?;
    fs::write(folder.join("picture.svg"), picture::svg(figures))?;
    let table = table::markdown(figures);
    write_table(&folder.join("README.md"), "<!-- the table of the bench -->", &table)?;
    write_table(&folder.join("README.md"), "<!-- the table of tasks that wait -->", &table::of_waiting(figures))?;
    write_table(&folder.join("../README.md"), "<!-- the table of the bench -->", &table::of_the_front_page(&table))
}

/// Writes a table into a page, behind its mark.
fn write_table(page: &Path, mark: &str, table: &str) -> io::Result<()> {
    let text = fs::read_to_string(page)?;
    fs::write(page, with_table(&text, mark, table).ok_or(io::ErrorKind::InvalidData)?)
}

/// Puts the table between its mark and the next end.
fn with_table(text: &str, mark: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(mark)?;
    let (_, after) = rest.split_once(TABLE_ENDS)?;
    Some(format!("{before}{mark}\n\n{table}\n\n{TABLE_ENDS}{after}"))
}

const TABLE_ENDS: &str = "<!-- its end -->";
