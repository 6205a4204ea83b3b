//! A run as a page: one file, no script, no network.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;

use dag_layout::{Escaped, Frame, Picture, PictureGroup, PictureNode};

use super::analysis::Recording;
use super::gantt::Gantt;
use super::log::TimelineTask;
use super::scale::{Unit, share};
use super::verdict;

/// A picture of more tasks shows nothing.
const MOST_NODES: usize = 500;
/// A longer chain is cut in the middle.
const LONGEST_PATH: usize = 60;

pub(super) struct Page<'r>(pub(super) &'r Recording);

impl fmt::Display for Page<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>A run of {} tasks</title>\n\
             <link rel=\"icon\" href=\"data:,\">\n<style>\n{}</style>\n</head>\n<body>\n",
            self.0.tasks.len(),
            include_str!("page.css"),
        )?;
        self.write_facts(out)?;
        let path = self.0.critical_path();
        self.write_graph(&path, out)?;
        let gantt = Gantt::new(self.0, Frame::Page);
        write!(out, "<h2>Timeline</h2>\n<div class=\"picture\" id=\"timeline\">{gantt}</div>\n")?;
        self.write_path(&path, out)?;
        self.write_table(out)?;
        out.write_str("</body>\n</html>\n")
    }
}

impl Page<'_> {
    fn write_facts(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Recording { tasks, wall_time, .. } = self.0;
        let unit = Unit::of(*wall_time);
        let count = tasks.len();
        write!(
            out,
            "<h1>A run of {count} tasks</h1>\n<ul class=\"facts\">\n<li><b>{}</b> <span>from start to end</span></li>\n\
             <li><b>{}</b> <span>of work</span></li>\n<li><b>{:.1}</b> <span>at once</span></li>\n",
            unit.write(*wall_time),
            unit.write(self.0.total_work()),
            self.0.parallelism(),
        )?;
        for word in ["done", "failed", "panicked", "cancelled", "skipped", "under way", "waiting"] {
            let count = tasks.iter().filter(|task| verdict::word_of(task) == word).count();
            if count > 0 {
                writeln!(out, "<li><b>{count}</b> <span>{}{word}</span></li>", dot(word))?;
            }
        }
        out.write_str("</ul>\n")
    }

    fn write_graph(&self, path: &[usize], out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("<h2>Graph</h2>\n")?;
        let tasks = &self.0.tasks;
        if tasks.len() > MOST_NODES {
            let count = tasks.len();
            return writeln!(out, "<p class=\"muted\">Not drawn: {count} tasks are more than a picture can show.</p>");
        }
        let unit = Unit::of(self.0.wall_time);
        let time = |task: &TimelineTask| {
            if task.attempts().is_empty() {
                verdict::word_of(task).to_owned()
            } else {
                unit.write(self.0.work(task)).to_string()
            }
        };
        let times: Vec<String> = tasks.iter().map(time).collect();
        let mut boxes = Boxes::default();
        let nodes = tasks.iter().zip(&times).map(|(task, time)| PictureNode {
            name: task.name(),
            note: time,
            title: verdict::word_of(task),
            colour: verdict::colour(verdict::word_of(task)),
            link: Some(format!("#task-{}", task.id())),
            dependencies: self.0.inputs(task),
            within: boxes.around(task.name()),
        });
        let nodes = nodes.collect();
        let picture = Picture { name: "graph", nodes, groups: boxes.groups, marked: path.to_vec(), frame: Frame::Page };
        write!(out, "<div class=\"picture\" id=\"graph\">{picture}</div>\n<p class=\"muted\">")?;
        out.write_str("Thick: what decided the end.</p>\n")
    }

    fn write_path(&self, path: &[usize], out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = Unit::of(self.0.wall_time);
        out.write_str("<h2>What decided the end</h2>\n<p class=\"path\" id=\"critical-path\">")?;
        for (place, &position) in path.iter().enumerate() {
            let cut = LONGEST_PATH / 2..path.len() - (LONGEST_PATH / 2).min(path.len());
            if path.len() > LONGEST_PATH && cut.contains(&place) {
                if place == cut.start {
                    write!(out, " → <span class=\"muted\">{} more</span>", cut.len())?;
                }
                continue;
            }
            let task = &self.0.tasks[position];
            let arrow = if place == 0 { "" } else { " → " };
            let work = unit.write(self.0.work(task));
            write!(out, "{arrow}<span>{} <span class=\"muted\">{work}</span></span>", Escaped(task.name()))?;
        }
        out.write_str("</p>\n")
    }

    fn write_table(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(
            "<h2>Tasks, the costliest first</h2>\n<table id=\"tasks\">\n<thead><tr><th>Task</th><th>Outcome</th>\
             <th class=\"number\">Attempts</th><th class=\"number\">Started</th><th class=\"number\">Took</th>\
             <th class=\"number\">Of the run</th></tr></thead>\n<tbody>\n",
        )?;
        let mut positions: Vec<usize> = (0..self.0.tasks.len()).collect();
        positions.sort_by_key(|&position| Reverse(self.0.work(&self.0.tasks[position])));
        let are_critical = self.0.are_critical();
        for position in positions {
            self.write_task(&self.0.tasks[position], are_critical[position], out)?;
        }
        out.write_str("</tbody>\n</table>\n")
    }

    fn write_task(&self, task: &TimelineTask, is_critical: bool, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = Unit::of(self.0.wall_time);
        let word = verdict::word_of(task);
        let name = Escaped(task.name());
        write!(out, "<tr id=\"task-{}\"><td class=\"name\">", task.id())?;
        let (bold, plain) = if is_critical { ("<b>", "</b>") } else { ("", "") };
        write!(out, "{bold}{name}{plain}")?;
        write!(out, "</td><td>{}{word}", dot(word))?;
        if let Some(reason) = verdict::reason(task.outcome()) {
            write!(out, " <span class=\"muted\">{}</span>", Escaped(reason))?;
        }
        let started = task.started().map(|started| unit.write(started).to_string()).unwrap_or_default();
        let took = self.0.work(task);
        writeln!(
            out,
            "</td><td class=\"number\">{}</td><td class=\"number\">{started}</td><td class=\"number\">{}</td>\
             <td class=\"number\">{:.0} %</td></tr>",
            task.attempts().len(),
            unit.write(took),
            100.0 * share(took, self.0.wall_time),
        )
    }
}

/// The graphs inside of the one that runs, as the names of their tasks tell them.
#[derive(Default)]
struct Boxes<'b> {
    groups: Vec<PictureGroup<'b>>,
    positions: BTreeMap<&'b str, usize>,
}

impl<'b> Boxes<'b> {
    /// Gives the innermost box of a task: that of `a.b` for `a.b.c`.
    fn around(&mut self, task: &'b str) -> Option<usize> {
        let mut within = None;
        for (dot, _) in task.match_indices('.') {
            let name = &task[..dot];
            within = Some(*self.positions.entry(name).or_insert_with(|| {
                self.groups.push(PictureGroup { name, within });
                self.groups.len() - 1
            }));
        }
        within
    }
}

fn dot(word: &str) -> String {
    format!("<i class=\"dot\" style=\"background:{}\"></i>", verdict::colour(word))
}
