//! The chart as a picture: a row a task, a bar an attempt, an axis of time.

use std::fmt;
use std::time::Duration;

use dag_layout::{Escaped, Frame, GROUND, Pixels, columns, float};

use super::analysis::Recording;
use super::log::TimelineTask;
use super::scale::{Unit, share, ticks};
use super::verdict;

const WIDTH: f64 = 920.0;
const MARGIN: f64 = 16.0;
const ROW: f64 = 24.0;
const BAR: f64 = 14.0;
const AXIS: f64 = 24.0;
const LETTER: f64 = 7.4;
const LONGEST_NAME: usize = 40;
const LABEL_LETTER: f64 = 6.5;

pub(super) struct Gantt<'r> {
    recording: &'r Recording,
    frame: Frame,
    /// What is written behind the bars of each task.
    labels: Vec<String>,
    /// Where the bars begin, and where they end at the latest.
    left: f64,
    right: f64,
}

impl<'r> Gantt<'r> {
    pub(super) fn new(recording: &'r Recording, frame: Frame) -> Self {
        let names = recording.tasks.iter().map(|task| columns(task.name()).min(LONGEST_NAME));
        let left = MARGIN + LETTER * float(names.max().unwrap_or(0)) + 12.0;
        let labels: Vec<String> = recording.tasks.iter().map(|task| label(recording, task)).collect();
        let longest = labels.iter().map(|label| columns(label)).max();
        let right = WIDTH - MARGIN - LABEL_LETTER * float(longest.unwrap_or(0)) - 8.0;
        Self { recording, frame, labels, left, right }
    }

    fn x(&self, time: Duration) -> f64 {
        self.left + (self.right - self.left) * share(time, self.recording.wall_time)
    }

    fn height(&self) -> f64 {
        2.0 * MARGIN + AXIS + ROW * float(self.recording.tasks.len())
    }

    fn write_axis(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = Unit::of(self.recording.wall_time);
        out.write_str("<g class=\"axis\" fill-opacity=\".7\" font-size=\"10.5\" text-anchor=\"middle\">")?;
        for tick in ticks(self.recording.wall_time) {
            let x = Pixels(self.x(tick));
            write!(
                out,
                "<path d=\"M{x} {}V{}\" stroke=\"currentColor\" stroke-opacity=\".15\"/><text x=\"{x}\" y=\"{}\">{:#}</text>",
                Pixels(MARGIN + AXIS - 6.0),
                Pixels(self.height() - MARGIN),
                Pixels(MARGIN + 10.0),
                unit.write(tick),
            )?;
        }
        out.write_str("</g>")
    }

    fn write_row(
        &self,
        row: usize,
        task: &TimelineTask,
        is_critical: bool,
        out: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        let unit = Unit::of(self.recording.wall_time);
        let top = MARGIN + AXIS + ROW * float(row);
        let baseline = Pixels(top + 16.5);
        let weight = if is_critical { " font-weight=\"700\"" } else { "" };
        write!(
            out,
            "<g class=\"row\"><text class=\"name\" x=\"{}\" y=\"{baseline}\" text-anchor=\"end\"{weight}>{}</text>",
            Pixels(self.left - 12.0),
            Escaped(shortened(task.name())),
        )?;
        for attempt in task.attempts() {
            let word = verdict::word(attempt.outcome());
            let end = self.recording.end(attempt);
            let (left, right) = (self.x(attempt.started()), self.x(end));
            let colour = verdict::colour(word);
            let (opacity, line) = if is_critical { ("1", "currentColor") } else { (".75", "none") };
            write!(
                out,
                "<rect class=\"bar\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{BAR}\" rx=\"3\" fill=\"{colour}\" \
                 fill-opacity=\"{opacity}\" stroke=\"{line}\" stroke-width=\"1.5\"><title>{}, attempt {}: {word}, {} to {}</title></rect>",
                Pixels(left),
                Pixels(top + (ROW - BAR) / 2.0),
                Pixels((right - left).max(2.0)),
                Escaped(task.name()),
                attempt.number(),
                unit.write(attempt.started()),
                unit.write(end),
            )?;
        }
        let end = task.attempts().last().map_or(Duration::ZERO, |last| self.recording.end(last));
        write!(
            out,
            "<text class=\"label\" x=\"{}\" y=\"{baseline}\" font-size=\"10.5\" fill-opacity=\".7\">{}</text></g>",
            Pixels(self.x(end) + 8.0),
            self.labels[row],
        )
    }
}

/// Says what a task took, and what is remarkable about its end.
fn label(recording: &Recording, task: &TimelineTask) -> String {
    let time = Unit::of(recording.wall_time).write(recording.work(task));
    let (word, count) = (verdict::word_of(task), task.attempts().len());
    let parts = [
        (count > 0).then(|| time.to_string()),
        (word != "done").then(|| word.to_owned()),
        (count > 1).then(|| format!("{count} attempts")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Cuts a name that would leave no room for the bars.
fn shortened(name: &str) -> String {
    if columns(name) <= LONGEST_NAME {
        return name.to_owned();
    }
    let mut kept = String::new();
    for letter in name.chars() {
        kept.push(letter);
        if columns(&kept) >= LONGEST_NAME - 1 {
            break;
        }
    }
    kept + "…"
}

impl fmt::Display for Gantt<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let height = Pixels(self.height());
        write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
             role=\"img\" aria-label=\"timeline\" fill=\"currentColor\" font-size=\"12\" \
             font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace\">",
        )?;
        if self.frame == Frame::Own {
            write!(out, "{GROUND}<rect class=\"ground\" width=\"100%\" height=\"100%\" rx=\"8\"/>")?;
        }
        self.write_axis(out)?;
        let rows = self.recording.tasks.iter().zip(self.recording.are_critical());
        for (row, (task, is_critical)) in rows.enumerate() {
            self.write_row(row, task, is_critical, out)?;
        }
        out.write_str("</svg>")
    }
}
