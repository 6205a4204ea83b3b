//! The figures as tables: a row for bodies and a number of elements, a column for each way.

use adagio_benches::measure::Figures;

/// Prints the figures of contests with the same ways: times an element, and where one thread runs everything also processor
/// times, allocations and peak memory. The last column is that of adagio divided by the first.
pub(crate) fn print(place: &str, figures: &[Figures]) {
    let Some(first) = figures.first() else { return };
    println!("\n{}, {place}, ns an element", first.graph);
    rows(figures, |it| Some(it.a_task()));
    if first.processor.is_some() {
        println!("\n{}, {place}, ns of processor time an element", first.graph);
        rows(figures, |it| it.processor.map(|time| time / of(it.tasks)));
        println!("\n{}, {place}, bytes an element at the peak", first.graph);
        rows(figures, |it| it.allocated.as_ref().map(|all| of(all.peak_bytes) / of(it.tasks)));
        println!("\n{}, {place}, allocations of a run", first.graph);
        rows(figures, |it| it.allocated.as_ref().map(|all| of(all.count)));
    }
}

/// A number of nanoseconds, bytes or elements, which has less than 53 bits.
#[allow(clippy::cast_precision_loss)]
fn of(number: impl TryInto<u64>) -> f64 {
    number.try_into().map_or(f64::NAN, |number| number as f64)
}

fn rows(figures: &[Figures], value: impl Fn(&Figures) -> Option<f64>) {
    let mut ways: Vec<&str> = Vec::new();
    for it in figures {
        if !ways.contains(&it.contestant) {
            ways.push(it.contestant);
        }
    }
    println!("| bodies | elements | {} | ratio |\n|---|---|{}", ways.join(" | "), "---|".repeat(ways.len() + 1));
    for row in figures.chunk_by(|one, other| (one.bodies, one.tasks) == (other.bodies, other.tasks)) {
        let values: Vec<Option<f64>> = row.iter().map(&value).collect();
        let cells = values.iter().map(|value| value.map_or("-".to_owned(), short));
        let ours = row.iter().position(|it| it.contestant == "adagio").and_then(|place| values[place]);
        let ratio = ours.zip(values[0]).map_or(f64::NAN, |(ours, first)| ours / first);
        println!("| {} | {} | {} | {ratio:.2} |", row[0].bodies, row[0].tasks, cells.collect::<Vec<_>>().join(" | "));
    }
}

fn short(value: f64) -> String {
    if value < 10.0 { format!("{value:.1}") } else { format!("{value:.0}") }
}
