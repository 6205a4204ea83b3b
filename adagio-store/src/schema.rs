//! The tables of a file, the numbers that mark it as ours, and the steps from an earlier schema to this one.
//!
//! The cost of a commit is the number of pages that it writes. A new result changes one page, since `results` has no index
//! beside the table. In a file that was made with schema 1 or 2, it has one: a new result changes two pages there.

use rusqlite::Connection;

/// The number of the schema, in `user_version`.
pub(crate) const SCHEMA: i64 = 4;
/// Marks the file as one of ours, in `application_id`: "adag".
pub(crate) const APPLICATION: i64 = 0x6164_6167;

const TABLES: &str = "
CREATE TABLE owners (
    number INTEGER PRIMARY KEY,
    alive_until INTEGER NOT NULL,
    lease INTEGER NOT NULL DEFAULT 5000
);
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
    PRIMARY KEY (run, task)
) WITHOUT ROWID;
";

/// Each failed attempt has a row, in the order in which they were written.
const ATTEMPTS: &str = "
CREATE TABLE attempts (
    run INTEGER NOT NULL,
    task TEXT NOT NULL,
    failed INTEGER NOT NULL,
    next INTEGER,
    ended INTEGER NOT NULL,
    error TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    started INTEGER
);
CREATE INDEX attempts_of ON attempts (run, task);
";

/// From schema 1, which did not know how long a lease is, nor the version of the task whose attempts failed.
const TO_2: &str = "
ALTER TABLE owners ADD COLUMN lease INTEGER NOT NULL DEFAULT 5000;
ALTER TABLE attempts ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
";

/// Schema 3 has this table, too.
const TO_3: &str = "
CREATE TABLE causes (
    run INTEGER NOT NULL,
    task TEXT NOT NULL,
    version INTEGER NOT NULL,
    cause TEXT NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (run, task)
) WITHOUT ROWID;
";

/// From schema 3, which had the last failed attempt of a task alone.
const TO_4: &str = "
ALTER TABLE attempts RENAME TO last_attempts;
";

/// What earlier schemas had of failed attempts.
const COPY_ATTEMPTS: &str = "
INSERT INTO attempts (run, task, failed, next, ended, error, version)
    SELECT run, task, failed, next, ended, error, version FROM last_attempts ORDER BY rowid;
DROP TABLE last_attempts;
";

/// Prepares a new file, or one with an earlier schema. Returns the numbers of application and schema that it has now.
pub(crate) fn prepare(connection: &Connection) -> rusqlite::Result<(i64, i64)> {
    connection.execute_batch("PRAGMA busy_timeout = 30000; PRAGMA synchronous = FULL;")?;
    connection.set_prepared_statement_cache_capacity(64);
    // The mode of the journal stays in the file, so it is set only if the file is ours.
    let is_ours = |found: &(i64, i64)| found.0 == APPLICATION && (1..=SCHEMA).contains(&found.1);
    if let Some(found) = numbers(connection)?.filter(|found| !is_ours(found)) {
        return Ok(found);
    }
    connection.execute_batch("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE")?;
    // Another process may have been faster.
    let steps: &[&str] = match numbers(connection)? {
        None => &[TABLES, TO_3, ATTEMPTS],
        Some((APPLICATION, 1)) => &[TO_2, TO_3, TO_4, ATTEMPTS, COPY_ATTEMPTS],
        Some((APPLICATION, 2)) => &[TO_3, TO_4, ATTEMPTS, COPY_ATTEMPTS],
        Some((APPLICATION, 3)) => &[TO_4, ATTEMPTS, COPY_ATTEMPTS],
        Some(_) => &[],
    };
    steps.iter().try_for_each(|step| connection.execute_batch(step))?;
    if !steps.is_empty() {
        connection.execute_batch(&format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {SCHEMA}"))?;
    }
    let found = numbers(connection)?;
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
