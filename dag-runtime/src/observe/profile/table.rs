//! A profile in a terminal.

use std::fmt;

use dag_layout::{Shown, columns, shortened};

use super::block::Block;
use crate::observe::timeline::scale::Unit;

const WIDEST_NAME: usize = 32;
const MOST_ROWS: usize = 30;

pub(super) fn write(blocks: &[Block], formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    if blocks.is_empty() {
        return formatter.write_str("no run has ended");
    }
    for (place, block) in blocks.iter().enumerate() {
        let gap = if place == 0 { "" } else { "\n\n" };
        write!(formatter, "{gap}")?;
        write_block(block, formatter)?;
    }
    Ok(())
}

fn write_block(block: &Block, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Block { graph, goal, runs, failed, total, tasks, .. } = block;
    let (p50, p99) = (total.quantile(0.5), total.quantile(0.99));
    let unit = Unit::of(p99);
    let goal = Shown(goal);
    write!(
        formatter,
        "{graph}::{goal}: {runs} runs, {failed} failed, p50 {}, p99 {}",
        unit.write_near(p50),
        unit.write_near(p99)
    )?;
    let ranked = block.ranked();
    let names = ranked.iter().map(|&place| columns(&tasks[place].name));
    let width = names.max().unwrap_or(0).clamp(4, WIDEST_NAME);
    write!(
        formatter,
        "\n{:width$}  on the path  {:>10} {:>10} {:>10}  if it were twice as fast",
        "task", "p50", "p99", "self p99"
    )?;
    for &place in ranked.iter().take(MOST_ROWS) {
        let task = &tasks[place];
        let name = Shown(shortened(&task.name, width)).to_string();
        let padding = width - columns(&name).min(width);
        let saved = block.samples.saved(place, 0.5);
        let saved =
            if saved.is_zero() { "no change".to_owned() } else { format!("the call: p99 -{}", unit.write_near(saved)) };
        write!(
            formatter,
            "\n{name}{:padding$}  {:9.0} %  {:>10} {:>10} {:>10}  {saved}",
            "",
            100.0 * block.share(task.on_path),
            unit.write_near(task.took.quantile(0.5)),
            unit.write_near(task.took.quantile(0.99)),
            unit.write_near(task.own.quantile(0.99)),
        )?;
        let remarks = [("failed", task.failures), ("tried again", task.retries)];
        for (word, count) in remarks.into_iter().filter(|(_, count)| *count > 0) {
            write!(formatter, ", {word} {count} times")?;
        }
    }
    match ranked.len().saturating_sub(MOST_ROWS) {
        0 => Ok(()),
        more => write!(formatter, "\n.. and {more} more tasks"),
    }
}
