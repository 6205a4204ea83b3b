//! How a failure is told to the engine: for good, or to be tried again.

use std::any::Any;
use std::error::Error;
use std::fmt;

use adagio::TaskError;
use restate_sdk::errors::{HandlerError, TerminalError};

/// The text of an error and of its sources, in one line.
#[derive(Debug)]
pub(crate) struct Told(String);

impl fmt::Display for Told {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Error for Told {}

pub(crate) fn tell(error: &dyn Error) -> Told {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    Told(text)
}

/// Returns the task and the causes of a failure that was told by [`terminal`].
pub(crate) fn told(message: &str) -> Option<(&str, &str)> {
    message.strip_prefix("task `")?.split_once("` failed: ")
}

/// A failure that ends the invocation.
pub(crate) fn terminal(error: &TaskError) -> TerminalError {
    TerminalError::new(tell(error).0)
}

/// A failure that the engine tries again, as its policy says.
pub(crate) fn transient(error: &dyn Error) -> HandlerError {
    tell(error).into()
}

/// A panic is a mistake: the engine tries again until a deployment mends it.
pub(crate) fn panicked(task: &str, payload: &(dyn Any + Send)) -> HandlerError {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    Told(format!("task `{task}` panicked: {}", text.unwrap_or("with a payload that is no text"))).into()
}
