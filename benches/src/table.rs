//! The figures as text: a line each with all of it, and a table of the medians.

use std::fmt::Write as _;

use adagio_benches::measure::Figures;

/// All figures, raw.
pub(crate) fn csv(figures: &[Figures]) -> String {
    let mut text =
        "runtime,graph,tasks,bodies,contestant,first_quartile_ns,median_ns,third_quartile_ns,median_ns_a_task,\
                    processor_ns,allocations,peak_bytes,future_bytes\n"
            .to_owned();
    for it in figures {
        let [first, median, third] = it.quartiles;
        let a_task = it.a_task();
        let allocated = it.allocated.as_ref().map_or(",".to_owned(), |it| format!("{},{}", it.count, it.peak_bytes));
        let processor = it.processor.map_or(String::new(), |it| format!("{it:.1}"));
        let Figures { place, graph, tasks, bodies, contestant, future_bytes, .. } = it;
        writeln!(
            text,
            "\"{place}\",{graph},{tasks},\"{bodies}\",\"{contestant}\",{first:.1},{median:.1},{third:.1},{a_task:.2},\
             {processor},{allocated},{future_bytes}"
        )
        .expect("a string takes all");
    }
    text
}

/// The rows of the table that the front page shows: adagio, the code by hand, and the fastest alternatives.
pub(crate) fn of_the_front_page(table: &str) -> String {
    const SHOWN: [&str; 8] = [
        "| |",
        "|---|",
        "| by hand |",
        "| adagio",
        "| `FuturesUnordered`",
        "| tokio `OnceCell`",
        "| `async_dag`",
        "| operese-dagx",
    ];
    table.lines().filter(|line| SHOWN.iter().any(|row| line.starts_with(row))).collect::<Vec<_>>().join("\n")
}

/// A row a contestant, a column a graph.
pub(crate) fn markdown(figures: &[Figures]) -> String {
    let shown: Vec<_> = figures.iter().filter(|it| it.place == "current-thread").collect();
    let graphs = distinct(shown.iter().map(|it| it.graph));
    let find = |contestant, graph, bodies| {
        shown.iter().find(|it| (it.contestant, it.graph, it.bodies) == (contestant, graph, bodies))
    };
    let mut text = format!("| | {} | allocations |\n|---|", graphs.join(" | "));
    text += &"---|".repeat(graphs.len() + 1);
    for contestant in distinct(shown.iter().map(|it| it.contestant)) {
        write!(text, "\n| {} |", in_backticks(contestant)).expect("a string takes all");
        for graph in &graphs {
            let times = ["at once", "one yield"].map(|bodies| find(contestant, graph, bodies));
            let times = times.map(|it| it.map_or("-".to_owned(), |it| time(it.quartiles[1])));
            write!(text, " {} |", times.join(" / ")).expect("a string takes all");
        }
        let allocated =
            graphs.last().and_then(|graph| find(contestant, graph, "one yield")).and_then(|it| it.allocated.as_ref());
        let allocated = allocated.map_or("-".to_owned(), |it| it.count.to_string());
        write!(text, " {allocated} |").expect("a string takes all");
    }
    text
}

/// The processor time of graphs whose tasks really wait: a row a graph. How long they wait depends on other programs.
pub(crate) fn of_waiting(figures: &[Figures]) -> String {
    const CONTESTANTS: [&str; 4] = ["by hand", "adagio", "adagio, as a run", "FuturesUnordered"];
    let names = CONTESTANTS.map(in_backticks).join(" | ");
    let mut text = format!("| tasks wait for | graph | {names} |\n|---|---|{}", "---|".repeat(CONTESTANTS.len()));
    for bodies in ["sockets", "timers of 1 ms", "HTTP requests"] {
        for graph in ["7-task diamond", "30-task request", "fan-out 1-100-1"] {
            write!(text, "\n| {bodies} | {graph} |").expect("a string takes all");
            for contestant in CONTESTANTS {
                let is_it = |it: &&Figures| {
                    (it.place, it.bodies, it.graph, it.contestant) == ("current-thread", bodies, graph, contestant)
                };
                let processor = figures.iter().find(is_it).and_then(|it| it.processor);
                write!(text, " {} |", processor.map_or("-".to_owned(), time)).expect("a string takes all");
            }
        }
    }
    text
}

/// Marks the words that are names of code.
fn in_backticks(contestant: &str) -> String {
    let is_code = |word: &str| word.contains('_') || word.contains(char::is_uppercase);
    let words = contestant.split(' ').map(|word| if is_code(word) { format!("`{word}`") } else { word.to_owned() });
    words.collect::<Vec<_>>().join(" ")
}

fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        ..10.0 => format!("{nanoseconds:.1} ns"),
        ..1_000.0 => format!("{nanoseconds:.0} ns"),
        ..10_000.0 => format!("{:.2} us", nanoseconds / 1e3),
        ..100_000.0 => format!("{:.1} us", nanoseconds / 1e3),
        _ => format!("{:.0} us", nanoseconds / 1e3),
    }
}

/// Returns each text once, in the order of their first places.
pub(crate) fn distinct(texts: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut distinct = Vec::new();
    for text in texts {
        if !distinct.contains(&text) {
            distinct.push(text);
        }
    }
    distinct
}
