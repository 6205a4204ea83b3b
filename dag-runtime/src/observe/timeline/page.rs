//! A run as a page: one file, no script, no network.

pub(in crate::observe) mod graph;

use std::cmp::Reverse;
use std::fmt;

use dag_layout::{Escaped, Frame};

use super::analysis::Recording;
use super::date::Date;
use super::gantt::Gantt;
use super::rows::{self, Row, rows};
use super::scale::{Thousands, share};
use super::task::TimelineTask;
use super::verdict;

/// A longer chain is cut in the middle.
const LONGEST_PATH: usize = 60;

pub(super) struct Page<'r> {
    recording: &'r Recording,
    path: Vec<usize>,
    are_critical: Vec<bool>,
    caught_by: Vec<Option<usize>>,
    rows: Vec<Row>,
}

impl<'r> Page<'r> {
    pub(super) fn new(recording: &'r Recording) -> Self {
        let path = recording.critical_path();
        let rows = rows(recording, &path);
        Self { recording, path, are_critical: recording.are_critical(), caught_by: recording.caught_by(), rows }
    }
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = self.recording.title();
        write!(
            out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{} {}{}</title>\n\
             <link rel=\"icon\" href=\"data:,\">\n<style>\n{}</style>\n</head>\n<body>\n<main>\n",
            Escaped(&title),
            self.outcome(),
            Escaped(&self.recording.about.run.as_ref().map(|run| format!(": {run}")).unwrap_or_default()),
            include_str!("page.css"),
        )?;
        self.write_head(&title, out)?;
        self.write_facts(out)?;
        self.write_graph(out)?;
        let gantt = Gantt::new(self.recording, &self.rows, Frame::Page);
        write!(
            out,
            "<h2>Timeline</h2>\n<div class=\"picture\" id=\"timeline\" tabindex=\"0\" role=\"group\" \
             aria-label=\"timeline\">{gantt}</div>\n"
        )?;
        self.write_legend(out)?;
        self.write_path(out)?;
        self.write_table(out)?;
        out.write_str("</main>\n</body>\n</html>\n")
    }
}

impl Page<'_> {
    /// Says in a word how the run ended.
    fn outcome(&self) -> &'static str {
        let words = || self.recording.tasks.iter().map(verdict::word_of);
        if self.recording.tasks.is_empty() {
            "has not started"
        } else if self.recording.first_failure().is_some() {
            "failed"
        } else if words().any(|word| ["under way", "waiting"].contains(&word)) {
            "is under way"
        } else if words().any(|word| word == "cancelled") {
            "was cancelled"
        } else {
            "is done"
        }
    }

    fn write_head(&self, title: &str, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "<h1><code>{}</code> {}</h1>", Broken(title), self.outcome())?;
        if let Some(run) = &self.recording.about.run {
            writeln!(out, "<p class=\"muted\" id=\"run\">{}</p>", Escaped(run))?;
        }
        if let Some(begun) = self.recording.about.begun {
            writeln!(out, "<p class=\"muted\" id=\"begun\">{}</p>", Date(begun))?;
        }
        if let Some(failed) = self.recording.first_failure() {
            let task = &self.recording.tasks[failed];
            let word = verdict::word_of(task);
            write!(out, "<p class=\"error\" role=\"alert\"><b>{}</b> {word}", Broken(task.name()))?;
            if let Some(reason) = verdict::reason_of(task) {
                write!(out, "{}{}", verdict::link(word, &reason), Escaped(&reason))?;
            }
            out.write_str("</p>\n")?;
        }
        Ok(())
    }

    fn write_facts(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Recording { tasks, wall_time, .. } = self.recording;
        let work = self.recording.total_work();
        write!(
            out,
            "<ul class=\"facts\">\n<li><b>{}</b> <span>from start to end</span></li>\n\
             <li><b>{}</b> <span>of work</span></li>\n<li><b>{:.1}</b> <span>at once</span></li>\n",
            self.recording.time(*wall_time),
            self.recording.time(work),
            self.recording.parallelism(),
        )?;
        for word in ["done", "failed", "timed out", "panicked", "cancelled", "skipped", "under way", "waiting"] {
            let count = tasks.iter().filter(|task| verdict::word_of(task) == word).count();
            if count > 0 {
                writeln!(out, "<li><b>{}</b> <span>{}{word}</span></li>", Thousands(count), dot(word))?;
            }
        }
        if self.recording.about.forgotten > 0 {
            let forgotten = self.recording.about.forgotten;
            writeln!(out, "<li><b>{}</b> <span>earlier ones are forgotten</span></li>", Thousands(forgotten))?;
        }
        out.write_str("</ul>\n")
    }

    /// Says what the colours and lines of the chart mean, as far as they occur.
    fn write_legend(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attempts = || self.recording.tasks.iter().flat_map(TimelineTask::attempts);
        out.write_str("<p class=\"muted legend\">")?;
        for word in ["done", "failed", "timed out", "panicked", "cancelled", "under way"] {
            if attempts().any(|attempt| verdict::word(attempt.outcome()) == word) {
                write!(out, "<span>{}{word}</span> ", dot(word))?;
            }
        }
        if !self.path.is_empty() {
            out.write_str("<span><i class=\"outline\"></i>outlined: the critical path</span> ")?;
        }
        if attempts().any(|attempt| !attempt.waits.is_empty()) {
            out.write_str("<span><i class=\"pale\"></i>pale: it waits for another task</span> ")?;
        }
        if self.recording.tasks.iter().any(|task| task.attempts().len() > 1) {
            out.write_str("<span><i class=\"thin\"></i>dotted: the wait before another attempt</span> ")?;
        }
        out.write_str("</p>\n")
    }

    fn write_path(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        out.write_str("<h2>Critical path</h2>\n<p class=\"path\" id=\"critical-path\">")?;
        for (place, &position) in path.iter().enumerate() {
            let cut = LONGEST_PATH / 2..path.len() - (LONGEST_PATH / 2).min(path.len());
            if path.len() > LONGEST_PATH && cut.contains(&place) {
                if place == cut.start {
                    write!(out, " → <span class=\"muted\">{} more</span>", cut.len())?;
                }
                continue;
            }
            let task = &self.recording.tasks[position];
            let arrow = if place == 0 { "" } else { " → " };
            let took = self.recording.took(task);
            let took = self.recording.time(took);
            write!(out, "{arrow}<span>{} <span class=\"muted\">{took}</span></span>", Escaped(task.name()))?;
        }
        out.write_str("</p>\n")
    }

    fn write_table(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_waits = self.recording.tasks.iter().any(|task| !self.recording.waited(task).is_zero());
        let waits = if has_waits { "<th scope=\"col\" class=\"number\">Of it waiting</th>" } else { "" };
        write!(
            out,
            "<h2>Tasks, the costliest first</h2>\n<div class=\"table\"><table id=\"tasks\">\n<thead><tr>\
             <th scope=\"col\">Task</th><th scope=\"col\">Outcome</th><th scope=\"col\" class=\"number\">Attempts</th>\
             <th scope=\"col\" class=\"number\">Started</th><th scope=\"col\" class=\"number\">Took</th>{waits}\
             <th scope=\"col\" class=\"number\">Of the run</th></tr></thead>\n<tbody>\n",
        )?;
        let mut rows: Vec<&Row> = self.rows.iter().collect();
        rows.sort_by_key(|row| match row {
            &&Row::Task(position) => (false, Reverse(self.recording.took(&self.recording.tasks[position]))),
            Row::Folded(fold) => (true, Reverse(fold.took)),
        });
        for row in rows {
            match row {
                &Row::Task(position) => self.write_task(position, has_waits, out)?,
                Row::Folded(fold) => write_fold(self.recording, fold, has_waits, out)?,
            }
        }
        out.write_str("</tbody>\n</table></div>\n")
    }

    fn write_task(&self, position: usize, has_waits: bool, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let task = &self.recording.tasks[position];
        let word = verdict::word_of(task);
        let name = Broken(task.name());
        write!(out, "<tr id=\"task-{}\"><td class=\"name\">", task.id())?;
        let (bold, plain) = if self.are_critical[position] { ("<b>", "</b>") } else { ("", "") };
        write!(out, "{bold}{name}{plain}</td><td>{}{word}", dot(word))?;
        if let Some(consumer) = self.caught_by[position] {
            write!(out, " (caught by {})", Broken(self.recording.tasks[consumer].name()))?;
        }
        if let Some(reason) = verdict::reason_of(task) {
            write!(out, " <span class=\"muted\">{}</span>", Escaped(reason))?;
        }
        let started = task.started().map(|started| self.recording.time(started).to_string()).unwrap_or_default();
        let (took, waited) = (self.recording.took(task), self.recording.waited(task));
        write!(
            out,
            "</td><td class=\"number\">{}</td><td class=\"number\">{started}</td><td class=\"number\">{}</td>",
            task.attempts().len(),
            self.recording.time(took),
        )?;
        if has_waits {
            write!(out, "<td class=\"number\">{}</td>", self.recording.time(waited))?;
        }
        writeln!(out, "<td class=\"number\">{:.0} %</td></tr>", 100.0 * share(took, self.recording.wall_time))
    }
}

fn write_fold(recording: &Recording, fold: &rows::Fold, has_waits: bool, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let empty = if has_waits { "<td></td>" } else { "" };
    writeln!(
        out,
        "<tr class=\"fold\"><td class=\"name\">{} × {}</td><td>{}{} <span class=\"muted\">the longest took {}</span></td>\
         <td class=\"number\">{}</td><td></td><td class=\"number\">{}</td>{empty}<td></td></tr>",
        Broken(&fold.name),
        fold.number(),
        dot(fold.word()),
        Escaped(fold.ends()),
        recording.time(fold.longest),
        fold.attempts,
        recording.time(fold.took),
    )
}

/// A name that may be broken behind `_` and `.`.
pub(in crate::observe) struct Broken<'n>(pub(in crate::observe) &'n str);

impl fmt::Display for Broken<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut may_break = false;
        for part in self.0.split_inclusive(['_', '.', ':']) {
            if may_break && part != ":" {
                out.write_str("<wbr>")?;
            }
            write!(out, "{}", Escaped(part))?;
            may_break = part.ends_with(['_', '.', ':']);
        }
        Ok(())
    }
}

fn dot(word: &str) -> String {
    format!("<i class=\"dot\" style=\"background:{}\"></i>", verdict::colour(word))
}
