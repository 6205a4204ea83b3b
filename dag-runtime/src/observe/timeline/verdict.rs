//! How an outcome is told: in a word, in a colour, in full.

use std::error::Error;

use super::task::TimelineTask;
use crate::error::TaskError;
use crate::observe::observer::Outcome;

/// Returns the word for an outcome; without one the task is under way.
pub(crate) fn word(outcome: Option<&Outcome>) -> &'static str {
    match outcome {
        None => "under way",
        Some(Outcome::Done) => "done",
        Some(Outcome::Failed(error)) if is_timeout(error) => "timed out",
        Some(Outcome::Failed(_)) => "failed",
        Some(Outcome::Panicked) => "panicked",
        Some(Outcome::Cancelled) => "cancelled",
        Some(Outcome::Skipped { .. }) => "skipped",
    }
}

/// Whether this is the end of a task that failed.
pub(super) fn is_failure(outcome: Option<&Outcome>) -> bool {
    matches!(outcome, Some(Outcome::Failed(_)))
}

#[cfg(feature = "tokio")]
fn is_timeout(error: &TaskError) -> bool {
    let sources = std::iter::successors(error.source(), |error| (*error).source());
    sources.into_iter().any(<dyn Error>::is::<crate::TimedOut>)
}

#[cfg(not(feature = "tokio"))]
fn is_timeout(_error: &TaskError) -> bool {
    false
}

/// Whether a word is about a task that went wrong itself.
pub(super) fn is_bad(word: &str) -> bool {
    ["failed", "timed out", "panicked"].contains(&word)
}

/// Returns the word for how a task stands.
pub(super) fn word_of(task: &TimelineTask) -> &'static str {
    if task.outcome().is_none() && task.attempts().is_empty() { "waiting" } else { word(task.outcome()) }
}

/// Returns the colour of a word, which shows on light and on dark ground.
pub(super) fn colour(word: &str) -> &'static str {
    match word {
        "done" => "#22a06b",
        "failed" => "#e5484d",
        "timed out" => "#f76808",
        "panicked" => "#c026d3",
        "cancelled" => "#d08700",
        "under way" => "#3b82f6",
        _ => "#8b949e",
    }
}

/// Returns what stands between the word for an outcome and its reason.
pub(super) fn link(word: &str, reason: &str) -> &'static str {
    let goes_on = !is_bad(word) || (word == "timed out" && reason.starts_with("after "));
    if goes_on { " " } else { ": " }
}

/// Returns the name of the task that a task was skipped for.
pub(super) fn skipped_for(task: &TimelineTask) -> Option<&str> {
    cause(task.outcome()?, task.because())
}

/// Returns the name of the task that a task was skipped for: the one that it was given, or else that of its function.
fn cause<'o>(outcome: &'o Outcome, given: Option<&'o str>) -> Option<&'o str> {
    match outcome {
        Outcome::Skipped { because } => Some(given.unwrap_or(because)),
        _ => None,
    }
}

/// Says more about how a task stands than the word, if there is more.
pub(super) fn reason_of(task: &TimelineTask) -> Option<String> {
    reason(task.name(), task.outcome(), task.because())
}

/// Says more about the outcome of a task than its word, if there is more: the errors, or the task that it was skipped for,
/// whose name may be known.
pub(crate) fn reason(task: &str, outcome: Option<&Outcome>, given: Option<&str>) -> Option<String> {
    let outcome = outcome?;
    match outcome {
        Outcome::Failed(error) => {
            let (mut reasons, mut source) = (Vec::new(), error.source());
            while let Some(error) = source {
                reasons.push(error.to_string());
                source = error.source();
            }
            // An error may show its source, too.
            reasons.dedup();
            let reasons = reasons.join(": ");
            // `timed out after 250ms` follows the word `timed out`.
            let reasons = reasons.strip_prefix("timed out ").unwrap_or(&reasons);
            // The name of an element has its index.
            let index = error.index().filter(|index| !task.ends_with(&format!("[{index}]")));
            Some(index.map_or_else(|| reasons.to_owned(), |index| format!("element {index}: {reasons}")))
        }
        // It was aborted, and no other task is the reason.
        Outcome::Skipped { .. } if given == Some(task) => Some("before it started".to_owned()),
        _ => cause(outcome, given).map(|name| format!("because of {name}")),
    }
}
