//! What can go wrong with a store.

use std::fmt;
use std::path::{Path, PathBuf};

use adagio::TaskError;

/// An error of a [`Store`](crate::Store).
///
/// Its text says what could not be done, and [`source`](std::error::Error::source) says why: print both, as `anyhow` does.
/// The error that `main` returns is printed with `Debug`, which contains all.
///
/// # Examples
/// ```
/// use std::error::Error as _;
///
/// use adagio_store::{Error, Store};
///
/// /// Returns the text of an error, with its reasons.
/// fn told(error: &Error) -> String {
///     let reasons = std::iter::successors(error.source(), |&reason| reason.source());
///     reasons.fold(error.to_string(), |text, reason| format!("{text}: {reason}"))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let error = Store::open("/no/such/folder/orders.db").await.map(drop).unwrap_err();
/// assert!(told(&error).starts_with("`/no/such/folder/orders.db` cannot be opened as a store: unable to open"));
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be opened as a store.
    Open {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: rusqlite::Error,
    },
    /// The file was written by a newer version of this crate.
    Newer {
        /// The file.
        path: PathBuf,
        /// The number of its schema.
        found: i64,
    },
    /// The file is a database of another program.
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file could not be read or written, because the disk is full, for example.
    File {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: rusqlite::Error,
    },
    /// The thread that reads and writes the file has panicked, because of a mistake in this crate, for example. Nothing
    /// that was stored is lost: open the file anew.
    Thread {
        /// The file.
        path: PathBuf,
    },
    /// The run exists, and was started with another input.
    OtherInput {
        /// The name of the run.
        id: String,
    },
    /// The run is under way in another process, which is alive, or through another `Store` in this process.
    ElsewhereBusy {
        /// The name of the run.
        id: String,
    },
    /// There is no such run.
    Unknown {
        /// The name of the run.
        id: String,
    },
    /// The input cannot be written as JSON and read back, or the stored one is no input of the graph any more.
    Input {
        /// The name of the run.
        id: String,
        /// The reason.
        source: serde_json::Error,
    },
    /// The object of the run could not be made: the closure of [`Store::graph`](crate::Store::graph) panicked, or a
    /// `Deserialize` did.
    Panicked {
        /// The name of the run.
        id: String,
        /// The message of the panic.
        message: String,
    },
    /// The caller is outside of a tokio runtime. A run needs one, with a clock (`enable_all`), to go on.
    NoRuntime,
    /// The run was cancelled.
    Cancelled {
        /// The name of the run.
        id: String,
    },
    /// The run has failed.
    Failed {
        /// The name of the run.
        id: String,
        /// The failure, which names the task.
        source: TaskError,
    },
    /// The run has stopped in this process before its end: another process has it, the file could not be written, or the
    /// runtime of the run has ended. Ask for it again.
    Stopped {
        /// The name of the run.
        id: String,
    },
    /// A stored result is no result of its task any more. If the type of the result has changed, say so with
    /// `#[task(version = 2)]`. Then the task runs again if the run goes on; if the run has ended, the task fails with an
    /// error that says so, and the other results can be read.
    Result {
        /// The name of the run.
        id: String,
        /// The failure, which names the task.
        source: TaskError,
    },
}

impl Error {
    pub(crate) fn file(path: &Path, source: rusqlite::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { path, .. } => write!(formatter, "`{}` cannot be opened as a store", path.display()),
            Self::Newer { path, found } => {
                let path = path.display();
                write!(
                    formatter,
                    "`{path}` was written by a newer version of adagio-store: its schema has number {found}"
                )
            }
            Self::Foreign { path } => write!(formatter, "`{}` is a database of another program", path.display()),
            Self::File { path, .. } => write!(formatter, "`{}` cannot be read or written", path.display()),
            Self::Thread { path } => write!(formatter, "the thread of `{}` has panicked", path.display()),
            Self::OtherInput { id } => write!(formatter, "the run `{id}` was started with another input"),
            Self::ElsewhereBusy { id } => write!(
                formatter,
                "the run `{id}` is under way in another process, or through another `Store` in this one"
            ),
            Self::Unknown { id } => write!(formatter, "there is no run `{id}`"),
            Self::Input { id, .. } => write!(formatter, "the input of the run `{id}` cannot be stored or read"),
            Self::Panicked { id, message } => {
                write!(formatter, "the object of the run `{id}` could not be made, because of a panic: {message}")
            }
            Self::NoRuntime => formatter.write_str("a run needs a tokio runtime, and there is none here"),
            Self::Cancelled { id } => write!(formatter, "the run `{id}` was cancelled, and `retry` continues it"),
            Self::Failed { id, .. } => write!(formatter, "the run `{id}` has failed"),
            Self::Stopped { id } => write!(
                formatter,
                "the run `{id}` has stopped here: another process has it, the file could not be written, or its runtime has \
                 ended"
            ),
            Self::Result { id, source } => {
                formatter.write_str("the stored result of `")?;
                formatter.write_str(source.task())?;
                if let Some(index) = source.index() {
                    write!(formatter, "[{index}]")?;
                }
                write!(
                    formatter,
                    "` in the run `{id}` is no result of that task any more: if its type has changed, raise the `version` \
                     of the task"
                )
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Open { source, .. } | Self::File { source, .. } => Some(source),
            Self::Input { source, .. } => Some(source),
            Self::Failed { source, .. } => Some(source),
            Self::Result { source, .. } => std::error::Error::source(source),
            _ => None,
        }
    }
}
