//! How a failure is told to the engine: for good, or to be tried again.

use std::any::Any;
use std::error::Error;
use std::fmt;

use adagio::TaskError;
use restate_sdk::errors::{HandlerError, TerminalError};

use crate::entry::{Failed, LIMIT};

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

/// Returns a failure that ends the invocation with a code.
pub(crate) fn terminal(error: &TaskError, code: u16) -> TerminalError {
    let text = if error.source().is_some() { format!("{error}: {}", error.causes()) } else { error.to_string() };
    TerminalError::new_with_code(code, text)
}

/// Returns a failure of the journal as that of the invocation.
pub(crate) fn terminal_again(failed: &Failed, code: u16) -> TerminalError {
    TerminalError::new_with_code(code, format!("task `{}` failed: {}", failed.task, failed.error))
}

/// Returns the failure of a stored result that its task cannot read any more.
pub(crate) fn unreadable_result(error: &TaskError, next: u32) -> TerminalError {
    let text = tell(error).0;
    TerminalError::new(format!("{text}; if its type has changed, write `#[task(version = {next})]`"))
}

/// Returns the failure of a task whose inputs are too large for a message.
pub(crate) fn too_long(task: &str, bytes: usize) -> TerminalError {
    let text = "and Restate sends at most";
    TerminalError::new(format!(
        "task `{task}` failed: the results that it depends on have {bytes} bytes, {text} {LIMIT}"
    ))
}

/// Returns the failure of a task whose results for single elements do not fit into one message.
pub(crate) fn too_long_together(task: &str, bytes: usize) -> TerminalError {
    let text = "and Restate sends at most";
    TerminalError::new(format!("task `{task}` failed: its results together have {bytes} bytes, {text} {LIMIT}"))
}

/// Returns the failure of an element that a collection does not have in the program that was called.
pub(crate) fn no_element(element: &str, count: usize) -> TerminalError {
    let has = "its collection has another type in the program at its address, in which it has";
    TerminalError::new(format!("task `{element}` failed: {has} {count} elements"))
}

/// The code of an invocation whose task the program at its address does not have any more.
const GONE: u16 = 410;

const IS_GONE: &str = "the program at its address has no such task any more";

/// Returns the failure of a task that the program does not have any more.
pub(crate) fn gone(task: &str) -> TerminalError {
    TerminalError::new_with_code(GONE, format!("task `{task}` failed: {IS_GONE}"))
}

/// Whether it is the failure of a task that the program that was called does not have any more.
pub(crate) fn is_gone(error: &TerminalError) -> bool {
    error.code() == GONE && told(error.message()).is_some_and(|(_, causes)| causes == IS_GONE)
}

/// A panic is a mistake: the engine tries again until a deployment mends it.
pub(crate) fn panicked(task: Option<&str>, payload: &(dyn Any + Send)) -> HandlerError {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("with a payload that is no text");
    Told(task.map_or_else(|| format!("a task panicked: {text}"), |task| format!("task `{task}` panicked: {text}")))
        .into()
}
