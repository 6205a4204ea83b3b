//! Prints the cost of a task that runs once for each element of a collection, beside the ways to do so by hand: times,
//! processor times, allocations and peak memory, of interleaved passes. With `--check` it runs everything once and compares
//! the results; with other words, it runs only the rows whose bodies or contests are called so.

use std::{env, io};

use adagio_benches::body::{AtOnce, Body, Timers, Yields};
use adagio_benches::contestants::{Contestant, function};
use adagio_benches::measure::{Effort, From, Place, measure};
use adagio_benches::sockets;
use tokio::runtime::Builder;

mod pooled;
mod table;
mod ways;

use pooled::Pooled;
use ways::{Elements, all, buffered, eight, joined, limited, spawned, unlimited};

const COUNTS: &[usize] = &[10, 1_000, 100_000];

/// Elements that wait for something are fewer, since they take long.
const FEW: &[usize] = &[200];

fn main() -> io::Result<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    let is_check = words.iter().any(|word| word == "--check");
    let is_chosen = |name: &str| is_check || words.is_empty() || words.iter().any(|word| word == name);
    let effort = if is_check { Effort::LEAST } else { Effort::FULL };
    let server = sockets::serve()?;
    let one_thread = Builder::new_current_thread().enable_all().build()?;
    let threads = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let places = [
        Place { name: "current-thread", runtime: &one_thread, from: From::OnlyThread, effort },
        Place { name: "two workers", runtime: &threads, from: From::Worker, effort },
    ];
    for place in &places {
        // Both stages may have bodies under way.
        let pooled = Pooled::new(place.runtime.block_on(sockets::connect(server, 2 * ways::LIMIT))?);
        let mut all_contests = vec![("at once", COUNTS, contests(AtOnce)), ("one yield", COUNTS, contests(Yields))];
        all_contests.extend([("timers of 1 ms", FEW, contests(Timers)), ("sockets", FEW, contests(pooled))]);
        for stages in 0..6 {
            let mut figures = Vec::new();
            for (bodies, counts, contests) in &all_contests {
                let (name, contestants) = &contests[stages];
                // There are only as many connections as the limit allows.
                let is_possible = *bodies != "sockets" || !name.ends_with("no limit");
                for &count in counts.iter().filter(|_| is_possible && (is_chosen(bodies) || is_chosen(name))) {
                    eprintln!("{}, {name}, {bodies}, {count}", place.name);
                    figures.extend(measure(place, (name, count), bodies, &contestants(count)));
                }
            }
            table::print(place.name, &figures);
        }
    }
    Ok(())
}

/// A name, and a function that returns the contestants for a number of elements.
type Contest = (&'static str, Box<dyn Fn(usize) -> Vec<Contestant>>);

fn contests<B: Body>(body: B) -> [Contest; 6] {
    macro_rules! contest {
        ($name:literal: $($way:literal $run:path,)*) => {
            ($name, Box::new(move |count| {
                let ids: Vec<usize> = (0..count).collect();
                let elements = Elements { ids: ids.leak(), body };
                vec![$(function($way, move || $run(elements))),*]
            }))
        };
    }
    [
        contest!("one stage":
            "buffered" buffered::one,
            "FuturesUnordered" eight::one,
            "JoinSet" eight::one_spawned,
            "adagio" limited::one,
            "adagio, as a run" limited::one_in_a_run,
        ),
        contest!("two stages":
            "buffered" buffered::two,
            "FuturesUnordered" eight::two,
            "JoinSet" eight::two_spawned,
            "adagio" limited::two,
            "adagio, as a run" limited::two_in_a_run,
        ),
        contest!("one stage, spawned":
            "buffered" buffered::one_spawned,
            "JoinSet" eight::one_spawned,
            "adagio" spawned::one,
            "adagio, as a run" spawned::one_in_a_run,
        ),
        contest!("two stages, spawned":
            "buffered" buffered::two_spawned,
            "JoinSet" eight::two_spawned,
            "adagio" spawned::two,
            "adagio, as a run" spawned::two_in_a_run,
        ),
        contest!("one stage, no limit":
            "FuturesUnordered" all::one,
            "join_all" joined::one,
            "JoinSet" all::one_spawned,
            "adagio" unlimited::one,
            "adagio, as a run" unlimited::one_in_a_run,
        ),
        contest!("two stages, no limit":
            "FuturesUnordered" all::two,
            "join_all" joined::two,
            "JoinSet" all::two_spawned,
            "adagio" unlimited::two,
            "adagio, as a run" unlimited::two_in_a_run,
        ),
    ]
}
