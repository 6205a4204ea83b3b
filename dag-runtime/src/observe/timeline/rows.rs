//! In: a run. Out: the rows of its reports: of many tasks the costliest, those that failed and the critical path, and all
//! others folded by function.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use super::analysis::Recording;
use super::scale::Thousands;
use super::task::TimelineTask;
use super::verdict;

/// At most this many tasks have a row each.
const MOST_ROWS: usize = 160;
/// Of more tasks, at most this many of the costliest, of the failed and of the critical path have one.
const MOST_OF_A_KIND: usize = 50;
/// Of the elements of a task, at most this many of the costliest have one.
const MOST_ELEMENTS: usize = 5;
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
    /// For elements, how many of all of their task were under way at once at most.
    pub(super) at_once: Option<usize>,
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
    let mut elements: BTreeMap<&str, usize> = BTreeMap::new();
    let may_be_shown = |position: &usize| {
        let task = &tasks[*position];
        let count = elements.entry(task.function()).or_default();
        *count += usize::from(task.index().is_some());
        task.index().is_none() || *count <= MOST_ELEMENTS
    };
    by_cost.into_iter().filter(may_be_shown).take(MOST_OF_A_KIND).for_each(|position| is_shown[position] = true);
    let is_wide = |position: &usize| recording.is_wide(&tasks[*position]);
    (0..tasks.len()).filter(is_wide).take(MOST_OF_A_KIND).for_each(|position| is_shown[position] = true);
    let is_bad = |position: &usize| verdict::is_bad(verdict::word_of(&tasks[*position]));
    (0..tasks.len()).filter(is_bad).take(MOST_OF_A_KIND).for_each(|position| is_shown[position] = true);
    path.iter().rev().take(MOST_OF_A_KIND).for_each(|&position| is_shown[position] = true);

    let mut folds: BTreeMap<(&str, bool), Fold> = BTreeMap::new();
    for position in (0..tasks.len()).filter(|&position| !is_shown[position]) {
        let task = &tasks[position];
        let key = (task.function(), task.index().is_some());
        let is_full = folds.len() >= MOST_FUNCTIONS && !folds.contains_key(&key);
        let key = if is_full { ("", false) } else { key };
        let fold = folds.entry(key).or_insert_with(|| Fold::of(if is_full { "others" } else { key.0 }));
        fold.add(recording, position);
    }
    for ((function, _), fold) in folds.iter_mut().filter(|((_, are_elements), _)| *are_elements) {
        fold.at_once = Some(at_once(recording, function));
    }
    let mut folds: Vec<Fold> = folds.into_values().collect();
    folds.sort_by_key(|fold| Reverse(fold.took));
    let shown = (0..tasks.len()).filter(|&position| is_shown[position]).map(Row::Task);
    shown.chain(folds.into_iter().map(Row::Folded)).collect()
}

/// Returns how many elements of a task were under way at once at most.
fn at_once(recording: &Recording, function: &str) -> usize {
    let elements = recording.tasks.iter().filter(|task| task.index().is_some() && task.function() == function);
    let attempts = elements.flat_map(TimelineTask::attempts);
    let mut changes: Vec<(Duration, bool)> =
        attempts.flat_map(|attempt| [(attempt.started(), true), (recording.end(attempt), false)]).collect();
    // What ends at the start of another does not overlap with it.
    changes.sort_unstable();
    let (mut now, mut most) = (0_usize, 0);
    for (_, starts) in changes {
        // One without length ends before it starts.
        now = if starts { now + 1 } else { now.saturating_sub(1) };
        most = most.max(now);
    }
    most
}

impl Fold {
    fn of(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            words: BTreeMap::new(),
            count: 0,
            at_once: None,
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

    /// Returns `fetch × 199,800`, or for elements `pages × 300, 8 at once`.
    pub(super) fn title(&self) -> String {
        format!("{} × {}", self.name, self.number())
    }

    /// Returns how many there are, and for elements how many at once.
    pub(super) fn number(&self) -> String {
        let at_once = self.at_once.map(|count| format!(", {} at once", Thousands(count))).unwrap_or_default();
        format!("{}{at_once}", Thousands(self.count))
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
