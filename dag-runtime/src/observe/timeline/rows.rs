//! In: a run. Out: the rows of its reports: of many tasks the costliest, those that failed and the critical path, and all
//! others folded by function.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use super::analysis::Recording;
use super::scale::Thousands;
use super::verdict;

/// At most this many tasks have a row each.
const MOST_ROWS: usize = 160;
/// Of more tasks, at most this many of the costliest, of the failed and of the critical path have one.
const MOST_OF_A_KIND: usize = 50;
/// At most this many functions are told apart among the folded tasks.
const MOST_FUNCTIONS: usize = 40;

pub(super) enum Row {
    /// The position of a task.
    Task(usize),
    Folded(Fold),
}

/// Tasks of one function.
pub(super) struct Fold {
    pub(super) name: String,
    /// How many tasks there are for each word about their ends.
    pub(super) words: BTreeMap<&'static str, usize>,
    pub(super) count: usize,
    pub(super) attempts: usize,
    /// When the first started and the last ended, if one has started.
    pub(super) span: Option<(Duration, Duration)>,
    pub(super) took: Duration,
    pub(super) longest: Duration,
}

/// Returns the rows in the order of the first events, and behind them what is folded, the costliest first.
pub(super) fn rows(recording: &Recording, path: &[usize]) -> Vec<Row> {
    let tasks = &recording.tasks;
    if tasks.len() <= MOST_ROWS {
        return (0..tasks.len()).map(Row::Task).collect();
    }
    let mut is_shown = vec![false; tasks.len()];
    let mut by_cost: Vec<usize> = (0..tasks.len()).collect();
    by_cost.sort_by_key(|&position| Reverse(recording.took(&tasks[position])));
    by_cost.into_iter().take(MOST_OF_A_KIND).for_each(|position| is_shown[position] = true);
    let is_bad = |position: &usize| verdict::is_bad(verdict::word_of(&tasks[*position]));
    (0..tasks.len()).filter(is_bad).take(MOST_OF_A_KIND).for_each(|position| is_shown[position] = true);
    path.iter().rev().take(MOST_OF_A_KIND).for_each(|&position| is_shown[position] = true);

    let mut folds: BTreeMap<&str, Fold> = BTreeMap::new();
    for position in (0..tasks.len()).filter(|&position| !is_shown[position]) {
        let task = &tasks[position];
        let is_full = folds.len() >= MOST_FUNCTIONS && !folds.contains_key(task.function());
        let name = if is_full { "" } else { task.function() };
        let fold = folds.entry(name).or_insert_with(|| Fold::of(if is_full { "others" } else { name }));
        fold.add(recording, position);
    }
    let mut folds: Vec<Fold> = folds.into_values().collect();
    folds.sort_by_key(|fold| Reverse(fold.took));
    let shown = (0..tasks.len()).filter(|&position| is_shown[position]).map(Row::Task);
    shown.chain(folds.into_iter().map(Row::Folded)).collect()
}

impl Fold {
    fn of(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            words: BTreeMap::new(),
            count: 0,
            attempts: 0,
            span: None,
            took: Duration::ZERO,
            longest: Duration::ZERO,
        }
    }

    fn add(&mut self, recording: &Recording, position: usize) {
        let task = &recording.tasks[position];
        let took = recording.took(task);
        *self.words.entry(verdict::word_of(task)).or_default() += 1;
        self.count += 1;
        self.attempts += task.attempts().len();
        self.took += took;
        self.longest = self.longest.max(took);
        if let (Some(first), Some(last)) = (task.attempts().first(), task.attempts().last()) {
            let (started, ended) = (first.started(), recording.end(last));
            let (first, last) = self.span.unwrap_or((started, ended));
            self.span = Some((first.min(started), last.max(ended)));
        }
    }

    /// Returns `fetch × 199,800`.
    pub(super) fn title(&self) -> String {
        format!("{} × {}", self.name, Thousands(self.count))
    }

    /// Returns how many ended in which way: `28 done, 3 failed`.
    pub(super) fn ends(&self) -> String {
        let ends = self.words.iter().map(|(word, count)| format!("{} {word}", Thousands(*count)));
        ends.collect::<Vec<_>>().join(", ")
    }

    /// Returns the word for most of them.
    pub(super) fn word(&self) -> &'static str {
        self.words.iter().max_by_key(|(_, count)| **count).map_or("done", |(word, _)| word)
    }
}
