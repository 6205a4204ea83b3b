//! What the file has of a run, as far as this program may use it.

use std::collections::HashSet;

use adagio::durable::{Durable, DurableGraph, element_of, whole_of};
use rusqlite::Connection;

use crate::sql::{self, AttemptRow, CauseRow, ResultRow, RunRow, status};
use crate::store::Inner;

/// A run, as the file has it.
pub(crate) struct Taken {
    /// Its row before it was made ours, with the new fence.
    pub(crate) row: RunRow,
    pub(crate) rows: Rows,
    /// It is ours now.
    pub(crate) is_claimed: bool,
}

/// What the file has of the tasks of a run.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) results: Vec<ResultRow>,
    /// The last one of each task.
    pub(crate) attempts: Vec<AttemptRow>,
    pub(crate) causes: Vec<CauseRow>,
}

impl Rows {
    fn read(connection: &Connection, run: i64) -> rusqlite::Result<Self> {
        let (results, attempts) = (sql::results(connection, run)?, sql::last_attempts(connection, run)?);
        Ok(Self { results, attempts, causes: sql::causes(connection, run)? })
    }

    /// Returns the tasks of all rows with their versions. Of several for a task, the last counts: that of a result counts
    /// for more than that of the attempts before it.
    fn versions(&self) -> impl Iterator<Item = (&str, u32)> {
        let causes = self.causes.iter().map(|row| (row.task.as_str(), row.version));
        let attempts = self.attempts.iter().map(|row| (row.task.as_str(), row.version));
        causes.chain(attempts).chain(self.results.iter().map(|row| (row.task.as_str(), row.version)))
    }

    /// Keeps the rows of some tasks.
    fn retain(&mut self, is_kept: impl Fn(&str) -> bool) {
        self.results.retain(|row| is_kept(&row.task));
        self.attempts.retain(|row| is_kept(&row.task));
        self.causes.retain(|row| is_kept(&row.task));
    }
}

impl Taken {
    /// Whether it is under way in another process.
    pub(crate) fn is_busy(&self) -> bool {
        !self.is_claimed && self.row.status == status::RUNNING
    }
}

/// Which runs are to be taken.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Take {
    /// Those that run and have no owner.
    Free,
    /// Also those that failed or were cancelled.
    Ended,
}

/// Reads a run, and makes it ours if it may go on.
pub(crate) fn take_row<G: Durable>(
    connection: &Connection,
    (graph, id): (&str, &str),
    owner: i64,
    take: Take,
) -> rusqlite::Result<Option<Taken>> {
    let Some(mut row) = sql::run(connection, graph, id)? else { return Ok(None) };
    let is_free = row.owner.is_none_or(|other| other == owner) || row.alive_until <= Inner::now();
    let is_again = take == Take::Ended && [status::FAILED, status::CANCELLED].contains(&row.status);
    let is_claimed = is_again || row.status == status::RUNNING && is_free;
    let mut rows = Rows::read(connection, row.number)?;
    let fresh: HashSet<_> = G::GRAPH.fresh_names(G::INSIDE, rows.versions()).into_iter().map(str::to_owned).collect();
    if is_again {
        forget_failures::<G>(connection, row.number, &mut rows, &fresh)?;
    }
    if is_claimed {
        sql::claim(connection, row.number, owner)?;
        row.fence += 1;
        let tasks: HashSet<&str> = rows.versions().map(|(task, _)| task).collect();
        // The results for elements also of a task that is wide no more: they would make each later result of it stale.
        let has_version = |task: &str| G::GRAPH.version(G::INSIDE, task).is_some();
        for stale in tasks.into_iter().filter(|task| has_version(task) && !fresh.contains(*task)) {
            sql::forget_task(connection, row.number, stale)?;
        }
    }
    // A run that has ended keeps the results that it does not use: an earlier program may read them.
    rows.retain(|task| fresh.contains(task) && is_known::<G>(task));
    // Nor is a failure told of a task that the program does not have any more.
    rows.causes.retain(|row| is_known::<G>(&row.cause));
    Ok(Some(Taken { row, rows, is_claimed }))
}

/// Forgets the failures of a run that is tried again. A failure that every dependent has caught stays as it is. A task of a
/// graph inside has the dependents of the task that returns the object.
fn forget_failures<G: Durable>(
    connection: &Connection,
    run: i64,
    rows: &mut Rows,
    fresh: &HashSet<String>,
) -> rusqlite::Result<()> {
    let results: HashSet<_> =
        rows.results.iter().map(|row| row.task.as_str()).filter(|&it| fresh.contains(it)).collect();
    let awaited = awaited(G::GRAPH, &results);
    let is_history = |task: &str| {
        let place = whole_of(task).split('.').next().and_then(|task| G::GRAPH.position(task));
        place.is_some_and(|place| results.contains(task) || !awaited[place])
    };
    let is_history_of = |row: &AttemptRow| row.next.is_none() && is_history(&row.task);
    let (attempts, counted_anew): (_, Vec<_>) = rows.attempts.drain(..).partition(is_history_of);
    counted_anew.iter().try_for_each(|row| sql::forget_attempts_of(connection, run, &row.task))?;
    let (causes, undecided): (_, Vec<_>) = rows.causes.drain(..).partition(|row| is_history(&row.task));
    undecided.iter().try_for_each(|row| sql::forget_cause_of(connection, run, &row.task))?;
    (rows.attempts, rows.causes) = (attempts, causes);
    Ok(())
}

/// Whether the program has a task of this name, in the graph or in one inside. The name of an element is one only if its
/// task runs for each element; that is not known of a task inside, which ignores results that it has no use for.
pub(crate) fn is_known<G: Durable>(task: &str) -> bool {
    let is_wide = |whole: &str| G::GRAPH.position(whole).is_none_or(|place| G::WIDE.contains(&place));
    let is_part = element_of(task).is_none_or(|(whole, _)| is_wide(whole));
    is_part && G::GRAPH.version(G::INSIDE, task).is_some()
}

/// Returns for each task whether an outcome of it would still be read: no other task needs it, or one that has no result
/// and whose own outcome would be read.
pub(crate) fn awaited(graph: DurableGraph, results: &HashSet<&str>) -> Vec<bool> {
    let mut awaited = vec![false; graph.tasks.len()];
    for place in (0..awaited.len()).rev() {
        let is_needed = |task: usize| awaited[task] && !results.contains(graph.tasks[task].name);
        let mut dependents = dependents(graph, place).peekable();
        awaited[place] = dependents.peek().is_none() || dependents.any(is_needed);
    }
    awaited
}

/// Returns the tasks that need a task.
pub(crate) fn dependents(graph: DurableGraph, place: usize) -> impl Iterator<Item = usize> {
    (place + 1..graph.tasks.len()).filter(move |&task| graph.tasks[task].dependencies.contains(&place))
}
