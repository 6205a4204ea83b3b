//! The chart in a terminal: a bar a task, what it took, how it ended, and a mark at what decided the end.

use std::fmt::{self, Write};
use std::time::Duration;

use dag_layout::columns;

use super::analysis::Recording;
use super::log::TimelineTask;
use super::scale::Unit;
use super::verdict;

const DEFAULT_WIDTH: usize = 100;
const WIDEST_NAME: usize = 32;
const NARROWEST_BAR: usize = 10;
/// Columns of what a task took, and the gaps around it.
const TIME: usize = 12;

pub(super) fn write(recording: &Recording, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Some(widest) = recording.tasks.iter().map(|task| columns(task.name())).max() else {
        return formatter.write_str("nothing has happened");
    };
    let name = widest.clamp(4, WIDEST_NAME);
    let endings: Vec<String> = recording.tasks.iter().map(ending).collect();
    let ending = endings.iter().map(|ending| columns(ending)).max().unwrap_or(0);
    let width = formatter.width().unwrap_or_else(width);
    let bar = width.saturating_sub(2 + name + 1 + TIME + ending).max(NARROWEST_BAR);

    let unit = Unit::of(recording.wall_time);
    for ((task, ending), is_critical) in recording.tasks.iter().zip(endings).zip(recording.are_critical()) {
        let mark = if is_critical { '●' } else { ' ' };
        let bars = bars(recording, task, bar);
        let work =
            if task.attempts().is_empty() { String::new() } else { unit.write(recording.work(task)).to_string() };
        writeln!(formatter, "{mark} {} {bars} {work:>10} {ending}", Fitted(task.name(), name))?;
    }
    let (wall, work) = (unit.write(recording.wall_time), unit.write(recording.total_work()));
    write!(formatter, "{wall} for {work} of work: {:.1} at once; ● decided the end", recording.parallelism())
}

/// Says how a task ended, and after how many attempts if it took more than one.
fn ending(task: &TimelineTask) -> String {
    let word = verdict::word_of(task);
    match task.attempts().len() {
        0 | 1 => word.to_owned(),
        attempts => format!("{word}, {attempts} attempts"),
    }
}

/// Draws the attempts of a task in a line of some columns.
fn bars(recording: &Recording, task: &TimelineTask, width: usize) -> String {
    let mut line = vec![' '; width];
    for attempt in task.attempts() {
        let letter = match verdict::word(attempt.outcome()) {
            "done" => '█',
            "under way" => '░',
            _ => '▒',
        };
        let first = column(attempt.started(), recording.wall_time, width).min(width - 1);
        let last = column(recording.end(attempt), recording.wall_time, width).max(first + 1);
        line[first..last].fill(letter);
    }
    line.into_iter().collect()
}

/// Gives the column of a time in a line that is as wide as the whole is long.
fn column(time: Duration, whole: Duration, width: usize) -> usize {
    let share = 2 * time.as_nanos() * width as u128 + whole.as_nanos();
    let column = share.checked_div(2 * whole.as_nanos()).unwrap_or(0);
    usize::try_from(column).map_or(width, |column| column.min(width))
}

/// A text that takes just so many columns: filled up with spaces, or cut with an ellipsis.
struct Fitted<'t>(&'t str, usize);

impl fmt::Display for Fitted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text, width) = *self;
        let mut left = width;
        let is_cut = columns(text) > width;
        let mut letter_buffer = [0; 4];
        for letter in text.chars() {
            let taken = columns(letter.encode_utf8(&mut letter_buffer));
            if taken + usize::from(is_cut) > left {
                break;
            }
            formatter.write_char(letter)?;
            left -= taken;
        }
        if is_cut {
            formatter.write_char('…')?;
            left = left.saturating_sub(1);
        }
        write!(formatter, "{:left$}", "")
    }
}

/// Gives the width of the terminal, as far as it is known.
fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.or_else(terminal_width).unwrap_or(DEFAULT_WIDTH)
}

#[cfg(feature = "progress")]
fn terminal_width() -> Option<usize> {
    console::Term::stdout().size_checked().map(|(_, columns)| columns.into())
}

#[cfg(not(feature = "progress"))]
fn terminal_width() -> Option<usize> {
    None
}
