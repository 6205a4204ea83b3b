//! A run as the value of a header `Server-Timing`.

use std::cmp::Reverse;
use std::fmt::Write;

use super::analysis::Recording;

/// Proxies refuse long headers.
const MOST: usize = 30;

pub(super) fn value(recording: &Recording) -> String {
    let mut tasks: Vec<_> = recording.tasks.iter().collect();
    tasks.retain(|task| !task.attempts().is_empty() && task.index().is_none());
    tasks.sort_by_key(|task| Reverse(recording.took(task)));
    let mut value = String::new();
    for (place, task) in tasks.into_iter().take(MOST).enumerate() {
        let gap = if place == 0 { "" } else { ", " };
        let took = recording.took(task);
        // A name there is a token: letters and digits of ASCII, and few signs.
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "!#$&'*+-.^_`|~".contains(letter);
        let name = task.name().chars().map(|letter| if is_plain(letter) { letter } else { '_' });
        let name: String = name.collect();
        let (millis, micros) = (took.as_millis(), took.subsec_micros() % 1000);
        // Writing to a string does not fail.
        _ = write!(value, "{gap}{name};dur={millis}.{micros:03}");
    }
    value
}
