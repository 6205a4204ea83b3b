//! All SQL about runs and owners, and nothing else: another database would need another file like this one and another
//! `schema.rs`.
//!
//! Who holds what: a run belongs to the *owner* whose number is in its row, while that owner's row in `owners` says that
//! it is alive. Each take-over raises the *fence* of the run, a number. Each write for a run names owner and fence, and
//! requires that the run is still running: an owner that was stopped and wakes up late writes nothing.

use rusqlite::{Connection, OptionalExtension, Row, params};

/// The state of a run, as a number in its row.
pub(crate) mod status {
    pub(crate) const RUNNING: i64 = 0;
    pub(crate) const DONE: i64 = 1;
    pub(crate) const FAILED: i64 = 2;
    pub(crate) const CANCELLED: i64 = 3;
}

/// The largest result: a row has at most 10^9 bytes, as `SQLite` is built here.
pub(crate) const LARGEST: usize = 1_000_000_000 - (64 << 10);

/// The right of an owner to write for a run. It ends with the next take-over, which raises the number.
#[derive(Clone, Copy)]
pub(crate) struct Fence {
    pub(crate) run: i64,
    pub(crate) owner: i64,
    pub(crate) take: i64,
}

/// A row of `runs`.
pub(crate) struct RunRow {
    pub(crate) number: i64,
    pub(crate) graph: String,
    pub(crate) id: String,
    pub(crate) input: Vec<u8>,
    pub(crate) status: i64,
    pub(crate) owner: Option<i64>,
    pub(crate) fence: i64,
    pub(crate) started: i64,
    pub(crate) ended: Option<i64>,
    pub(crate) failed: Option<String>,
    pub(crate) error: Option<String>,
    /// Until when its owner is alive; 0 if there is none.
    pub(crate) alive_until: i64,
}

/// A row of `results`.
#[derive(Clone)]
pub(crate) struct ResultRow {
    pub(crate) task: String,
    pub(crate) version: u32,
    pub(crate) started: Option<i64>,
    pub(crate) ended: i64,
    pub(crate) value: Vec<u8>,
}

/// A row of `attempts`: one that failed.
#[derive(Clone)]
pub(crate) struct AttemptRow {
    pub(crate) task: String,
    /// The number of the attempt, from 1.
    pub(crate) failed: u32,
    /// When there is another attempt; without it, the failure is final.
    pub(crate) next: Option<i64>,
    /// Files of earlier schemas do not have it.
    pub(crate) started: Option<i64>,
    pub(crate) ended: i64,
    pub(crate) error: String,
    pub(crate) version: u32,
}

/// A row of `causes`: why a task has no result, as the bodies were told that catch the failure.
#[derive(Clone)]
pub(crate) struct CauseRow {
    pub(crate) task: String,
    pub(crate) version: u32,
    /// The task that failed.
    pub(crate) cause: String,
    pub(crate) error: String,
}

/// Notes that an owner is alive for the time of a lease from now, and deletes owners that are long gone.
pub(crate) fn live(connection: &Connection, owner: i64, now: i64, lease: i64) -> rusqlite::Result<()> {
    let sql = "INSERT INTO owners (number, alive_until, lease) VALUES (?1, ?2, ?3) \
               ON CONFLICT DO UPDATE SET alive_until = ?2, lease = ?3";
    connection.prepare_cached(sql)?.execute([owner, now.saturating_add(lease), lease])?;
    let gone_since = now.saturating_sub(lease.saturating_mul(100));
    connection.prepare_cached("DELETE FROM owners WHERE alive_until < ?1")?.execute([gone_since])?;
    Ok(())
}

/// Notes that an owner is gone: its runs are free at once.
pub(crate) fn leave(connection: &Connection, owner: i64) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM owners WHERE number = ?1", [owner])?;
    Ok(())
}

/// Returns the other owners that are alive by their rows: the number, the end and the length of the lease.
pub(crate) fn others(connection: &Connection, owner: i64, now: i64) -> rusqlite::Result<Vec<(i64, i64, i64)>> {
    let sql = "SELECT number, alive_until, lease FROM owners WHERE number <> ?1 AND alive_until > ?2";
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    connection.prepare_cached(sql)?.query_map([owner, now], read)?.collect()
}

/// Deletes an owner that has not renewed its lease since it was seen.
pub(crate) fn bury(connection: &Connection, owner: i64, alive_until: i64) -> rusqlite::Result<()> {
    let sql = "DELETE FROM owners WHERE number = ?1 AND alive_until = ?2";
    connection.prepare_cached(sql)?.execute([owner, alive_until])?;
    Ok(())
}

/// Returns the numbers of the runs that an owner has.
pub(crate) fn owned(connection: &Connection, owner: i64) -> rusqlite::Result<Vec<(i64, i64)>> {
    let sql = "SELECT number, fence FROM runs WHERE owner = ?1 AND status = 0";
    connection.prepare_cached(sql)?.query_map([owner], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

const RUN: &str = "SELECT number, graph, id, input, status, owner, fence, started, ended, failed, error, \
                   coalesce((SELECT alive_until FROM owners WHERE owners.number = owner), 0) FROM runs";

fn run_row(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    Ok(RunRow {
        number: row.get(0)?,
        graph: row.get(1)?,
        id: row.get(2)?,
        input: row.get(3)?,
        status: row.get(4)?,
        owner: row.get(5)?,
        fence: row.get(6)?,
        started: row.get(7)?,
        ended: row.get(8)?,
        failed: row.get(9)?,
        error: row.get(10)?,
        alive_until: row.get(11)?,
    })
}

pub(crate) fn run(connection: &Connection, graph: &str, id: &str) -> rusqlite::Result<Option<RunRow>> {
    let sql = format!("{RUN} WHERE graph = ?1 AND id = ?2");
    connection.prepare_cached(&sql)?.query_row([graph, id], run_row).optional()
}

/// Returns runs behind a number, in the order in which they were started. Their inputs stay in the file.
pub(crate) fn list(connection: &Connection, after: i64, limit: u32) -> rusqlite::Result<Vec<RunRow>> {
    let sql = format!("{} WHERE number > ?1 ORDER BY number LIMIT ?2", RUN.replace("input", "x''"));
    connection.prepare_cached(&sql)?.query_map(params![after, limit], run_row)?.collect()
}

/// How many runs a query returns at most.
pub(crate) const PAGE: u32 = 1_000;

/// Returns the numbers and names of the running runs of a graph without a living owner, if their numbers are greater than
/// `after`. The index contains only running runs.
pub(crate) fn orphans(
    connection: &Connection,
    graph: &str,
    now: i64,
    after: i64,
) -> rusqlite::Result<Vec<(i64, String)>> {
    let sql = "SELECT number, id FROM runs INDEXED BY running WHERE status = 0 AND graph = ?1 AND (owner IS NULL \
               OR owner NOT IN (SELECT number FROM owners WHERE alive_until > ?2)) \
               AND number > ?3 ORDER BY number LIMIT ?4";
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    connection.prepare_cached(sql)?.query_map(params![graph, now, after, PAGE], read)?.collect()
}

/// Inserts a run and returns its number, unless the graph has a run of this name.
pub(crate) fn insert(
    connection: &Connection,
    (graph, id): (&str, &str),
    input: &[u8],
    owner: i64,
    now: i64,
) -> rusqlite::Result<Option<i64>> {
    let sql = "INSERT INTO runs (graph, id, input, status, owner, fence, started) VALUES (?1, ?2, ?3, 0, ?4, 1, ?5) \
               ON CONFLICT DO NOTHING";
    let inserted = connection.prepare_cached(sql)?.execute(params![graph, id, input, owner, now])?;
    Ok((inserted > 0).then(|| connection.last_insert_rowid()))
}

/// Claims a run for an owner, and sets it to running if it has ended.
pub(crate) fn claim(connection: &Connection, run: i64, owner: i64) -> rusqlite::Result<()> {
    let sql = "UPDATE runs SET owner = ?2, fence = fence + 1, status = 0, ended = NULL, failed = NULL, error = NULL \
               WHERE number = ?1";
    connection.prepare_cached(sql)?.execute([run, owner])?;
    Ok(())
}

pub(crate) fn results(connection: &Connection, run: i64) -> rusqlite::Result<Vec<ResultRow>> {
    result_rows(connection, run, "SELECT task, version, started, ended, value FROM results WHERE run = ?1")
}

/// Returns the results of a run without their values, which stay in the file.
pub(crate) fn times(connection: &Connection, run: i64) -> rusqlite::Result<Vec<ResultRow>> {
    result_rows(connection, run, "SELECT task, version, started, ended, x'' FROM results WHERE run = ?1")
}

fn result_rows(connection: &Connection, run: i64, sql: &str) -> rusqlite::Result<Vec<ResultRow>> {
    let read = |row: &Row<'_>| {
        let (task, version, started) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(ResultRow { task, version, started, ended: row.get(3)?, value: row.get(4)? })
    };
    connection.prepare_cached(sql)?.query_map([run], read)?.collect()
}

/// Returns the last failed attempt of each task of a run, in the order in which they were written: a task that needs
/// several failed tasks has the failure of the first.
pub(crate) fn last_attempts(connection: &Connection, run: i64) -> rusqlite::Result<Vec<AttemptRow>> {
    attempt_rows(connection, run, "rowid IN (SELECT max(rowid) FROM attempts WHERE run = ?1 GROUP BY task)")
}

/// Returns all failed attempts of a run that are stored, in the order in which they were written.
pub(crate) fn attempts(connection: &Connection, run: i64) -> rusqlite::Result<Vec<AttemptRow>> {
    attempt_rows(connection, run, "run = ?1")
}

fn attempt_rows(connection: &Connection, run: i64, are: &str) -> rusqlite::Result<Vec<AttemptRow>> {
    let sql =
        format!("SELECT task, failed, next, started, ended, error, version FROM attempts WHERE {are} ORDER BY rowid");
    let read = |row: &Row<'_>| {
        let (task, failed, next, started) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(AttemptRow { task, failed, next, started, ended: row.get(4)?, error: row.get(5)?, version: row.get(6)? })
    };
    connection.prepare_cached(&sql)?.query_map([run], read)?.collect()
}

/// Returns why tasks of a run have no results, as bodies were told.
pub(crate) fn causes(connection: &Connection, run: i64) -> rusqlite::Result<Vec<CauseRow>> {
    let sql = "SELECT task, version, cause, error FROM causes WHERE run = ?1";
    let read = |row: &Row<'_>| {
        Ok(CauseRow { task: row.get(0)?, version: row.get(1)?, cause: row.get(2)?, error: row.get(3)? })
    };
    connection.prepare_cached(sql)?.query_map([run], read)?.collect()
}

/// Forgets what is stored of one task of a run.
pub(crate) fn forget_task(connection: &Connection, run: i64, task: &str) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM results WHERE run = ?1 AND task = ?2")?.execute(params![run, task])?;
    forget_cause_of(connection, run, task)?;
    forget_attempts_of(connection, run, task)
}

/// Forgets why one task of a run has no result.
pub(crate) fn forget_cause_of(connection: &Connection, run: i64, task: &str) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM causes WHERE run = ?1 AND task = ?2")?.execute(params![run, task])?;
    Ok(())
}

/// Forgets the failed attempts of one task of a run.
pub(crate) fn forget_attempts_of(connection: &Connection, run: i64, task: &str) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM attempts WHERE run = ?1 AND task = ?2")?.execute(params![run, task])?;
    Ok(())
}

pub(crate) fn forget_attempts(connection: &Connection, run: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM attempts WHERE run = ?1")?.execute([run])?;
    Ok(())
}

const IS_OURS: &str = "EXISTS (SELECT 1 FROM runs WHERE number = ?1 AND owner = ?2 AND fence = ?3 AND status = 0)";

/// Keeps a result. Returns false if the run is no longer ours.
pub(crate) fn keep(connection: &Connection, fence: Fence, result: &ResultRow) -> rusqlite::Result<bool> {
    let sql = format!(
        "INSERT OR REPLACE INTO results (run, task, version, started, ended, value) \
         SELECT ?1, ?4, ?5, ?6, ?7, ?8 WHERE {IS_OURS}"
    );
    let Fence { run, owner, take } = fence;
    let ResultRow { task, version, started, ended, value } = result;
    let values = params![run, owner, take, task, version, started, ended, value];
    Ok(connection.prepare_cached(&sql)?.execute(values)? > 0)
}

/// How many failed attempts of a task stay in the file, at least: those that failed last.
const REMEMBERED: u32 = 100;

/// Keeps that an attempt failed. Returns false if the run is no longer ours.
pub(crate) fn keep_attempt(connection: &Connection, fence: Fence, attempt: &AttemptRow) -> rusqlite::Result<bool> {
    let sql = format!(
        "INSERT INTO attempts (run, task, failed, next, started, ended, error, version) \
         SELECT ?1, ?4, ?5, ?6, ?7, ?8, ?9, ?10 WHERE {IS_OURS}"
    );
    let Fence { run, owner, take } = fence;
    let AttemptRow { task, failed, next, started, ended, error, version } = attempt;
    let values = params![run, owner, take, task, failed, next, started, ended, error, version];
    let is_kept = connection.prepare_cached(&sql)?.execute(values)? > 0;
    if is_kept && failed % REMEMBERED == 0 {
        let sql = "DELETE FROM attempts WHERE run = ?1 AND task = ?2 AND failed <= ?3";
        connection.prepare_cached(sql)?.execute(params![run, task, failed - REMEMBERED])?;
    }
    Ok(is_kept)
}

/// Keeps why a task has no result. Returns false if the run is no longer ours.
pub(crate) fn keep_cause(connection: &Connection, fence: Fence, row: &CauseRow) -> rusqlite::Result<bool> {
    let sql = format!(
        "INSERT OR REPLACE INTO causes (run, task, version, cause, error) \
         SELECT ?1, ?4, ?5, ?6, ?7 WHERE {IS_OURS}"
    );
    let Fence { run, owner, take } = fence;
    let values = params![run, owner, take, row.task, row.version, row.cause, row.error];
    Ok(connection.prepare_cached(&sql)?.execute(values)? > 0)
}

/// Forgets why tasks of a run have no results, unless the run is no longer ours.
pub(crate) fn forget_causes(connection: &Connection, fence: Fence) -> rusqlite::Result<bool> {
    let sql = format!("DELETE FROM causes WHERE run = ?1 AND {IS_OURS}");
    connection.prepare_cached(&sql)?.execute([fence.run, fence.owner, fence.take])?;
    Ok(true)
}

/// Releases a run with the state that it has from now on. Returns false if it is no longer ours.
pub(crate) fn end(
    connection: &Connection,
    fence: Fence,
    status: i64,
    (failed, error): (Option<&str>, Option<&str>),
    ended: Option<i64>,
) -> rusqlite::Result<bool> {
    let sql = "UPDATE runs SET status = ?4, failed = ?5, error = ?6, ended = ?7, owner = NULL \
               WHERE number = ?1 AND owner = ?2 AND fence = ?3 AND status = 0";
    let values = params![fence.run, fence.owner, fence.take, status, failed, error, ended];
    Ok(connection.prepare_cached(sql)?.execute(values)? > 0)
}

/// Returns the status of a run, unless it has been taken over since.
pub(crate) fn status_of(connection: &Connection, fence: Fence) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT status FROM runs WHERE number = ?1 AND fence = ?2";
    connection.prepare_cached(sql)?.query_row([fence.run, fence.take], |row| row.get(0)).optional()
}

/// Cancels a run, whoever has it. Returns false if it does not run.
pub(crate) fn cancel(connection: &Connection, graph: &str, id: &str, now: i64) -> rusqlite::Result<bool> {
    let sql = "UPDATE runs SET status = 3, ended = ?3, owner = NULL WHERE graph = ?1 AND id = ?2 AND status = 0";
    Ok(connection.prepare_cached(sql)?.execute(params![graph, id, now])? > 0)
}

/// Deletes a run that has ended. Returns false if there is none.
pub(crate) fn forget(connection: &Connection, graph: &str, id: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT number FROM runs WHERE graph = ?1 AND id = ?2 AND status <> 0";
    let run: Option<i64> = connection.prepare_cached(sql)?.query_row([graph, id], |row| row.get(0)).optional()?;
    run.map(|run| delete(connection, run)).transpose().map(|done| done.is_some())
}

/// Deletes some of the runs that ended before a time.
pub(crate) fn expire(connection: &Connection, before: i64) -> rusqlite::Result<()> {
    let sql = "SELECT number FROM runs WHERE ended < ?1 AND status <> 0 LIMIT 1000";
    let old: Vec<i64> =
        connection.prepare_cached(sql)?.query_map([before], |row| row.get(0))?.collect::<Result<_, _>>()?;
    old.into_iter().try_for_each(|run| delete(connection, run))
}

fn delete(connection: &Connection, run: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM results WHERE run = ?1")?.execute([run])?;
    forget_attempts(connection, run)?;
    connection.prepare_cached("DELETE FROM causes WHERE run = ?1")?.execute([run])?;
    connection.prepare_cached("DELETE FROM runs WHERE number = ?1")?.execute([run])?;
    Ok(())
}
