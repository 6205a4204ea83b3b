//! The graph on the page of a run: a box a task, or a box for many tasks of one name.

use std::collections::BTreeMap;
use std::fmt;

use dag_layout::{Frame, Picture, PictureGroup, PictureNode};

use super::super::folded::{Fold, fold};
use super::super::rows::Row;
use super::super::scale::Thousands;
use super::super::verdict;
use super::Page;

/// A picture with more boxes than this would not be readable.
const MOST_NODES: usize = 300;
impl Page<'_> {
    pub(super) fn write_graph(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folds = fold(self.recording);
        if folds.iter().all(|fold| fold.inputs.is_empty() && fold.makers.is_empty()) {
            return Ok(());
        }
        out.write_str("<h2>Graph</h2>\n")?;
        if folds.len() > MOST_NODES {
            let count = folds.len();
            return writeln!(out, "<p class=\"muted\">Not drawn: {count} boxes are more than a picture can show.</p>");
        }
        let texts: Vec<BoxTexts> = folds.iter().map(|fold| self.texts(fold)).collect();
        let mut boxes = Boxes::default();
        let nodes = folds.iter().zip(&texts).map(|(fold, texts)| PictureNode {
            name: &texts.name,
            note: &texts.note,
            title: &texts.title,
            colour: verdict::colour(texts.word),
            link: texts.link.clone(),
            dependencies: fold.inputs.clone(),
            made_by: fold.makers.clone(),
            is_wide: self.recording.is_wide(&self.recording.tasks[fold.tasks[0]]),
            within: boxes.around(self.recording.tasks[fold.tasks[0]].function()),
            ..PictureNode::default()
        });
        let nodes = nodes.collect();
        let box_of = |position: &usize| {
            let position = self.recording.whole(*position);
            folds.iter().position(|fold| fold.tasks.contains(&position))
        };
        let mut marked: Vec<usize> = self.path.iter().filter_map(box_of).collect();
        marked.dedup();
        let picture = Picture { name: "graph", nodes, groups: boxes.groups, marked, frame: Frame::Page };
        writeln!(
            out,
            "<div class=\"picture\" id=\"graph\" tabindex=\"0\" role=\"group\" aria-label=\"graph\">{picture}</div>"
        )?;
        let is_made = folds.iter().any(|fold| !fold.makers.is_empty());
        let made = if is_made { " Dashed: the task at the left made the one at the right." } else { "" };
        writeln!(out, "<p class=\"muted\">Thick: the critical path.{made}</p>")
    }

    fn texts(&self, fold: &Fold) -> BoxTexts {
        let tasks = || fold.tasks.iter().map(|&position| &self.recording.tasks[position]);
        let first = &self.recording.tasks[fold.tasks[0]];
        let took = tasks().map(|task| self.recording.took(task)).sum();
        let has_started = tasks().any(|task| !task.attempts().is_empty());
        let words: Vec<&str> = tasks().map(verdict::word_of).collect();
        let word = words.iter().copied().find(|word| verdict::is_bad(word)).unwrap_or(words[0]);
        let count = fold.tasks.len();
        let name =
            if count == 1 { first.name().to_owned() } else { format!("{} × {}", first.function(), Thousands(count)) };
        let note = if has_started { self.recording.time(took).to_string() } else { word.to_owned() };
        let bad = words.iter().filter(|word| verdict::is_bad(word)).count();
        let title = if count > 1 && bad > 0 { format!("{name}: {bad} {word}") } else { format!("{name}: {word}") };
        let result = self.recording.about.shape.and_then(|shape| shape.result_of(first.function()));
        let title = result.map_or_else(|| title.clone(), |result| format!("{title}\n\n{name} -> {result}"));
        let is_shown = self.rows.iter().any(|row| matches!(row, &Row::Task(position) if position == fold.tasks[0]));
        let link = (count == 1 && is_shown).then(|| format!("#task-{}", first.id()));
        BoxTexts { name, note, title, word, link }
    }
}

/// The texts and the link of a box of the graph.
struct BoxTexts {
    name: String,
    note: String,
    title: String,
    word: &'static str,
    link: Option<String>,
}

/// The graphs inside of the one that runs, as far as the names of their tasks show them.
#[derive(Default)]
pub(in crate::observe) struct Boxes<'b> {
    pub(in crate::observe) groups: Vec<PictureGroup<'b>>,
    positions: BTreeMap<&'b str, usize>,
}

impl<'b> Boxes<'b> {
    /// Returns the innermost box of a task: that of `a.b` for `a.b.c`.
    pub(in crate::observe) fn around(&mut self, task: &'b str) -> Option<usize> {
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
