//! The tables of a file, and the numbers that mark it as ours.

use rusqlite::Connection;

/// The number of the schema, in `user_version`.
pub(crate) const SCHEMA: i64 = 1;
/// Marks the file as one of ours, in `application_id`: "adag".
pub(crate) const APPLICATION: i64 = 0x6164_6167;

const TABLES: &str = "
CREATE TABLE owners (number INTEGER PRIMARY KEY, alive_until INTEGER NOT NULL);
CREATE TABLE runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    graph TEXT NOT NULL,
    id TEXT NOT NULL,
    input BLOB NOT NULL,
    status INTEGER NOT NULL,
    owner INTEGER,
    fence INTEGER NOT NULL,
    started INTEGER NOT NULL,
    ended INTEGER,
    failed TEXT,
    error TEXT,
    UNIQUE (graph, id)
);
CREATE INDEX running ON runs (owner) WHERE status = 0;
CREATE INDEX ended ON runs (ended) WHERE ended IS NOT NULL;
CREATE TABLE results (
    run INTEGER NOT NULL,
    task TEXT NOT NULL,
    version INTEGER NOT NULL,
    started INTEGER,
    ended INTEGER NOT NULL,
    value BLOB NOT NULL,
    UNIQUE (run, task)
);
CREATE TABLE attempts (
    run INTEGER NOT NULL,
    task TEXT NOT NULL,
    failed INTEGER NOT NULL,
    next INTEGER,
    ended INTEGER NOT NULL,
    error TEXT NOT NULL,
    UNIQUE (run, task)
);
";

/// Prepares a new file, and returns the numbers of application and schema of one that is not new.
pub(crate) fn prepare(connection: &Connection) -> rusqlite::Result<(i64, i64)> {
    connection.execute_batch("PRAGMA busy_timeout = 30000; PRAGMA synchronous = FULL;")?;
    connection.set_prepared_statement_cache_capacity(64);
    // The mode of the journal stays in the file, so it is set only if the file is ours.
    if let Some(found) = numbers(connection)?.filter(|found| *found != (APPLICATION, SCHEMA)) {
        return Ok(found);
    }
    connection.execute_batch("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE")?;
    let found = numbers(connection)?;
    if found.is_none() {
        connection.execute_batch(TABLES)?;
        connection.execute_batch(&format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {SCHEMA}"))?;
    }
    connection.execute_batch("COMMIT")?;
    Ok(found.unwrap_or((APPLICATION, SCHEMA)))
}

/// Returns the numbers of application and schema of a file, if it has tables.
fn numbers(connection: &Connection) -> rusqlite::Result<Option<(i64, i64)>> {
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    // The tables first: if another process has made them by now, it has written the numbers with them.
    if number("SELECT count(*) FROM sqlite_schema")? == 0 {
        return Ok(None);
    }
    Ok(Some((number("PRAGMA application_id")?, number("PRAGMA user_version")?)))
}
