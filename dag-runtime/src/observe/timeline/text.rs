//! The chart in a terminal: a bar a task, what it took, how it ended, and a mark at the critical path.

use std::fmt;
use std::time::Duration;

use dag_layout::{Shown, columns, cut_in_the_middle, shortened};

use super::analysis::Recording;
use super::rows::{Row, rows};
use super::scale::Unit;
use super::task::TimelineTask;
use super::verdict;

const DEFAULT_WIDTH: usize = 100;
const WIDEST_NAME: usize = 32;
const NARROWEST_BAR: usize = 10;
/// Columns of what a task took, and the gaps around it.
const TIME: usize = 12;
/// Columns of how a task ended, however narrow the chart is.
const LEAST_ENDING: usize = 28;

pub(super) fn write(recording: &Recording, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    if recording.tasks.is_empty() {
        return formatter.write_str("nothing has happened");
    }
    let width = formatter.width().unwrap_or_else(width);
    let path = recording.critical_path();
    let caught_by = recording.caught_by();
    let lines: Vec<Line> = rows(recording, &path).iter().map(|row| line(recording, &caught_by, row)).collect();
    let widest = lines.iter().map(|line| columns(&line.name)).max().unwrap_or(0);
    let name = widest.clamp(4, WIDEST_NAME);
    let most = (width / 3).max(LEAST_ENDING);
    let ending = lines.iter().map(|line| columns(&line.ending).min(most)).max().unwrap_or(0);
    let bar = width.saturating_sub(2 + name + 1 + TIME + ending).max(NARROWEST_BAR);

    let are_critical = recording.are_critical();
    for Line { name: text, bars, time, ending, position } in lines {
        let mark = if position.is_some_and(|position| are_critical[position]) { '●' } else { ' ' };
        let (text, bars, ending) = (Fitted(&text, name), draw(recording, &bars, bar), shortened(&ending, most));
        writeln!(formatter, "{mark} {text} {bars} {time:>10} {}", Shown(ending))?;
    }
    let unit = Unit::of(recording.wall_time);
    let (wall, work) = (unit.write(recording.wall_time), unit.write(recording.total_work()));
    write!(formatter, "{wall} for {work} of work: {:.1} at once; ● critical path", recording.parallelism())?;
    match recording.about.forgotten {
        0 => Ok(()),
        forgotten => write!(formatter, "; {forgotten} tasks before these are forgotten"),
    }
}

/// A line of the chart.
struct Line {
    name: String,
    bars: Vec<Bar>,
    time: String,
    ending: String,
    /// Of the task, if it is one.
    position: Option<usize>,
}

struct Bar {
    from: Duration,
    to: Duration,
    letter: char,
}

fn line(recording: &Recording, caught_by: &[Option<usize>], row: &Row) -> Line {
    match row {
        &Row::Task(position) => {
            let task = &recording.tasks[position];
            let took = recording.took(task);
            let time = if task.attempts().is_empty() { String::new() } else { recording.time(took).to_string() };
            let ending = ending(recording, task, caught_by[position]);
            Line { name: task.name().to_owned(), bars: bars(recording, task), time, ending, position: Some(position) }
        }
        Row::Folded(fold) => {
            let bars = fold.span.map(|(from, to)| Bar { from, to, letter: '▒' });
            let time = recording.time(fold.took).to_string();
            Line { name: fold.title(), bars: bars.into_iter().collect(), time, ending: fold.ends(), position: None }
        }
    }
}

/// Says how a task ended and why, and after how many attempts if it took more than one.
fn ending(recording: &Recording, task: &TimelineTask, caught_by: Option<usize>) -> String {
    let mut ending = verdict::word_of(task).to_owned();
    if let Some(consumer) = caught_by {
        ending = format!("{ending} (caught by {})", recording.tasks[consumer].name());
    }
    if let Some(reason) = verdict::reason_of(task) {
        let link = verdict::link(verdict::word_of(task), &reason);
        ending = format!("{ending}{link}{reason}");
    }
    match task.attempts().len() {
        0 | 1 => ending,
        attempts => format!("{ending}, {attempts} attempts"),
    }
}

/// Returns the attempts of a task, and over them its waits.
fn bars(recording: &Recording, task: &TimelineTask) -> Vec<Bar> {
    let mut bars = Vec::new();
    for attempt in task.attempts() {
        let letter = match verdict::word(attempt.outcome()) {
            "done" => '█',
            "under way" => '░',
            _ => '▒',
        };
        bars.push(Bar { from: attempt.started(), to: recording.end(attempt), letter });
        bars.extend(recording.waits(attempt).map(|(from, to)| Bar { from, to, letter: '─' }));
    }
    bars
}

/// Draws bars in a line of some columns.
fn draw(recording: &Recording, bars: &[Bar], width: usize) -> String {
    let mut line = vec![' '; width];
    for bar in bars {
        let first = column(bar.from, recording.wall_time, width).min(width - 1);
        let mut last = column(bar.to, recording.wall_time, width);
        // A wait that is shorter than a column hides nothing.
        if bar.letter != '─' {
            last = last.max(first + 1);
        }
        if first < last {
            line[first..last].fill(bar.letter);
        }
    }
    line.into_iter().collect()
}

/// Returns the column of a time in a line that is as wide as the whole is long.
fn column(time: Duration, whole: Duration, width: usize) -> usize {
    let share = 2 * time.as_nanos() * width as u128 + whole.as_nanos();
    let column = share.checked_div(2 * whole.as_nanos()).unwrap_or(0);
    usize::try_from(column).map_or(width, |column| column.min(width))
}

/// A text that takes exactly the given number of columns: padded with spaces, or cut in the middle.
struct Fitted<'t>(&'t str, usize);

impl fmt::Display for Fitted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text, width) = *self;
        let text = cut_in_the_middle(text, width);
        let left = width.saturating_sub(columns(&text));
        write!(formatter, "{}{:left$}", Shown(&text), "")
    }
}

/// Returns the width of the terminal, as far as it is known.
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
