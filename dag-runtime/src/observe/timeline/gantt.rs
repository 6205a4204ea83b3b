//! The chart as a picture: a row a task, a bar an attempt, an axis of time.

use std::fmt;
use std::time::Duration;

use dag_layout::{Escaped, Frame, GROUND, Pixels, columns, cut_in_the_middle, float, shortened};

use super::analysis::Recording;
use super::rows::{Fold, Row};
use super::scale::{Unit, share, ticks};
use super::task::{TimelineAttempt, TimelineTask};
use super::verdict;

const WIDTH: f64 = 920.0;
const MARGIN: f64 = 16.0;
const ROW: f64 = 24.0;
const BAR: f64 = 14.0;
const AXIS: f64 = 24.0;
const LETTER: f64 = 7.4;
const LONGEST_NAME: usize = 40;
const LONGEST_LABEL: usize = 52;
const LABEL_LETTER: f64 = 6.5;

/// Letters over the lines of the grid have a border in the colour of the ground.
const HALO: &str = "<style>text.label,text.name{paint-order:stroke;stroke:var(--ground,#fff);stroke-width:4px;\
    stroke-linejoin:round}@media(prefers-color-scheme:dark){text.label,text.name{stroke:var(--ground,#0d1117)}}</style>";

pub(super) struct Gantt<'r> {
    recording: &'r Recording,
    rows: &'r [Row],
    are_critical: Vec<bool>,
    caught_by: Vec<Option<usize>>,
    frame: Frame,
    /// What is written behind the bars of each row.
    labels: Vec<String>,
    /// Where the bars begin, and where they end at the latest.
    left: f64,
    right: f64,
}

impl<'r> Gantt<'r> {
    pub(super) fn new(recording: &'r Recording, rows: &'r [Row], frame: Frame) -> Self {
        let names = rows.iter().map(|row| columns(&name(recording, row)).min(LONGEST_NAME));
        let left = MARGIN + LETTER * float(names.max().unwrap_or(0)) + 12.0;
        let caught_by = recording.caught_by();
        let labels: Vec<String> = rows.iter().map(|row| label(recording, &caught_by, row)).collect();
        let longest = labels.iter().map(|label| columns(label)).max();
        let right = WIDTH - MARGIN - LABEL_LETTER * float(longest.unwrap_or(0)) - 8.0;
        Self { recording, rows, are_critical: recording.are_critical(), caught_by, frame, labels, left, right }
    }

    fn x(&self, time: Duration) -> f64 {
        self.left + (self.right - self.left) * share(time, self.recording.wall_time)
    }

    fn height(&self) -> f64 {
        2.0 * MARGIN + AXIS + ROW * float(self.rows.len())
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

    fn write_row(&self, place: usize, row: &Row, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let top = MARGIN + AXIS + ROW * float(place);
        let is_critical = matches!(row, &Row::Task(position) if self.are_critical[position]);
        let weight = if is_critical { " font-weight=\"700\"" } else { "" };
        let name = name(self.recording, row);
        write!(
            out,
            "<g class=\"row\"><text class=\"name\" x=\"{}\" y=\"{}\" text-anchor=\"end\"{weight}>{}</text>",
            Pixels(self.left - 12.0),
            Pixels(top + 16.5),
            Escaped(cut_in_the_middle(&name, LONGEST_NAME)),
        )?;
        let end = match row {
            &Row::Task(position) => {
                let task = &self.recording.tasks[position];
                self.write_gaps(top, task, out)?;
                for attempt in task.attempts() {
                    self.write_attempt(top, position, attempt, is_critical, out)?;
                }
                task.attempts().last().map_or(Duration::ZERO, |last| self.recording.end(last))
            }
            Row::Folded(fold) => {
                self.write_fold(top, fold, out)?;
                fold.span.map_or(Duration::ZERO, |(_, end)| end)
            }
        };
        write!(
            out,
            "<text class=\"label\" x=\"{}\" y=\"{}\" font-size=\"10.5\" fill-opacity=\".75\">{}</text></g>",
            Pixels(self.x(end) + 8.0),
            Pixels(top + 16.5),
            Escaped(&self.labels[place]),
        )
    }

    /// Draws a thin line where a task waits between two attempts.
    fn write_gaps(&self, top: f64, task: &TimelineTask, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for pair in task.attempts().windows(2) {
            let (from, to) = (self.x(self.recording.end(&pair[0])), self.x(pair[1].started()));
            write!(
                out,
                "<path class=\"gap\" d=\"M{} {}H{}\" stroke=\"currentColor\" stroke-opacity=\".45\" stroke-dasharray=\"2 2\"/>",
                Pixels(from),
                Pixels(top + ROW / 2.0),
                Pixels(to),
            )?;
        }
        Ok(())
    }

    fn write_attempt(
        &self,
        top: f64,
        position: usize,
        attempt: &TimelineAttempt,
        is_critical: bool,
        out: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        let word = verdict::word(attempt.outcome());
        let end = self.recording.end(attempt);
        let (left, right) = (self.x(attempt.started()), self.x(end));
        let colour = verdict::colour(word);
        let (opacity, line) = if is_critical { ("1", "currentColor") } else { (".75", "none") };
        // A task that waits for others is there, and does nothing: paler.
        let opacity = if attempt.waits.is_empty() { opacity } else { ".3" };
        let title = format!(
            "{}, attempt {}: {word}{}, {} to {}",
            self.recording.tasks[position].name(),
            attempt.number(),
            caught(self.recording, self.caught_by[position]),
            self.recording.time(attempt.started()),
            self.recording.time(end),
        );
        write!(
            out,
            "<rect class=\"bar\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{BAR}\" rx=\"3\" fill=\"{colour}\" \
             fill-opacity=\"{opacity}\" stroke=\"{line}\" stroke-width=\"1.5\"><title>{}</title></rect>",
            Pixels(left),
            Pixels(top + (ROW - BAR) / 2.0),
            Pixels((right - left).max(2.0)),
            Escaped(title),
        )?;
        // Between its waits it works.
        let waits = self.recording.waits(attempt);
        let mut begun = attempt.started();
        let ends = waits.chain(std::iter::once((end, end)));
        for (from, to) in ends.filter(|_| !attempt.waits.is_empty()) {
            write!(
                out,
                "<rect class=\"work\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{BAR}\" rx=\"3\" fill=\"{colour}\"/>",
                Pixels(self.x(begun)),
                Pixels(top + (ROW - BAR) / 2.0),
                Pixels((self.x(from) - self.x(begun)).max(1.0)),
            )?;
            begun = to;
        }
        Ok(())
    }

    fn write_fold(&self, top: f64, fold: &Fold, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((from, to)) = fold.span else { return Ok(()) };
        let (left, right) = (self.x(from), self.x(to));
        write!(
            out,
            "<rect class=\"bar\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{BAR}\" rx=\"3\" fill=\"{}\" \
             fill-opacity=\".3\"><title>{}: {}</title></rect>",
            Pixels(left),
            Pixels(top + (ROW - BAR) / 2.0),
            Pixels((right - left).max(2.0)),
            verdict::colour(fold.word()),
            Escaped(fold.title()),
            Escaped(fold.ends()),
        )
    }
}

fn name(recording: &Recording, row: &Row) -> String {
    match row {
        &Row::Task(position) => recording.tasks[position].name().to_owned(),
        Row::Folded(fold) => fold.title(),
    }
}

fn caught(recording: &Recording, by: Option<usize>) -> String {
    by.map(|by| format!(" (caught by {})", recording.tasks[by].name())).unwrap_or_default()
}

/// Says what a task took, and what is remarkable about its end.
fn label(recording: &Recording, caught_by: &[Option<usize>], row: &Row) -> String {
    let &Row::Task(position) = row else {
        let Row::Folded(fold) = row else { return String::new() };
        return shortened(&format!("{}, {}", recording.time(fold.took), fold.ends()), LONGEST_LABEL);
    };
    let task = &recording.tasks[position];
    let (took, waited) = (recording.took(task), recording.waited(task));
    let (word, count) = (verdict::word_of(task), task.attempts().len());
    let parts = [
        (count > 0).then(|| recording.time(took).to_string()),
        (!waited.is_zero()).then(|| format!("{} of it waiting", recording.time(waited))),
        (word != "done").then(|| format!("{word}{}", caught(recording, caught_by[position]))),
        (count > 1).then(|| format!("{count} attempts")),
    ];
    shortened(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "), LONGEST_LABEL)
}

impl fmt::Display for Gantt<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let height = Pixels(self.height());
        write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
             role=\"img\" aria-label=\"timeline\" fill=\"currentColor\" font-size=\"12\" \
             font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace\">{HALO}",
        )?;
        if self.frame == Frame::Own {
            write!(out, "{GROUND}<rect class=\"ground\" width=\"100%\" height=\"100%\" rx=\"8\"/>")?;
        }
        self.write_axis(out)?;
        for (place, row) in self.rows.iter().enumerate() {
            self.write_row(place, row, out)?;
        }
        out.write_str("</svg>")
    }
}
