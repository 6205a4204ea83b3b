//! A run in Chrome's Trace Event Format, as JSON.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::time::Duration;

use super::analysis::Recording;
use super::task::{TimelineAttempt, TimelineTask};
use super::verdict;
use crate::observe::json::Json;

pub(super) struct ChromeTrace<'r>(pub(super) &'r Recording);

impl fmt::Display for ChromeTrace<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let recording = self.0;
        let lanes = lanes(recording);
        out.write_str("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n")?;
        out.write_str("{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":1,\"tid\":0,\"args\":{\"name\":\"run\"}}")?;
        for (position, task) in recording.tasks.iter().enumerate() {
            for (attempt, &lane) in task.attempts().iter().zip(&lanes[position]) {
                write_attempt(recording, task, attempt, lane, out)?;
            }
            if let (Some(first), Some(&lane)) = (task.attempts().first(), lanes[position].first()) {
                for input in recording.inputs(task) {
                    let arrow = Arrow { from: input, to: position };
                    arrow.write(recording, &lanes, (first.started(), lane), out)?;
                }
            }
        }
        out.write_str("\n]}\n")
    }
}

fn write_attempt(
    recording: &Recording,
    task: &TimelineTask,
    attempt: &TimelineAttempt,
    lane: usize,
    out: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    write!(
        out,
        ",\n{{\"ph\":\"X\",\"cat\":\"task\",\"name\":{},\"pid\":1,\"tid\":{lane},\"ts\":{},\"dur\":{},\
         \"args\":{{\"id\":{},\"inputs\":{:?},\"attempt\":{},\"outcome\":{}",
        Json(task.name()),
        Micros(attempt.started()),
        Micros(recording.length(attempt)),
        task.id(),
        task.inputs(),
        attempt.number(),
        Json(verdict::word(attempt.outcome())),
    )?;
    if let Some(reason) = verdict::reason(task.name(), attempt.outcome(), None) {
        write!(out, ",\"reason\":{}", Json(&reason))?;
    }
    out.write_str("}}")
}

/// An arrow from an input to what waited for it.
struct Arrow {
    from: usize,
    to: usize,
}

impl Arrow {
    fn write(
        &self,
        recording: &Recording,
        lanes: &[Vec<usize>],
        (start, lane): (Duration, usize),
        out: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        let Some((last, &from)) = recording.tasks[self.from].attempts().last().zip(lanes[self.from].last()) else {
            return Ok(());
        };
        let name = format!("{}-{}", self.from, self.to);
        // The start of an arrow must lie in the slice that it leaves.
        let end = recording.end(last).min(start);
        write!(
            out,
            ",\n{{\"ph\":\"s\",\"cat\":\"input\",\"name\":\"input\",\"id\":\"{name}\",\"pid\":1,\"tid\":{from},\"ts\":{}}}\
             ,\n{{\"ph\":\"f\",\"bp\":\"e\",\"cat\":\"input\",\"name\":\"input\",\"id\":\"{name}\",\"pid\":1,\"tid\":{lane},\"ts\":{}}}",
            Micros(end),
            Micros(start),
        )
    }
}

/// Assigns each attempt a lane in which nothing else is under way: slices of one thread must not overlap.
fn lanes(recording: &Recording) -> Vec<Vec<usize>> {
    let mut starts: Vec<(Duration, usize, usize)> = Vec::new();
    for (position, task) in recording.tasks.iter().enumerate() {
        let attempts = task.attempts().iter().enumerate();
        starts.extend(attempts.map(|(number, attempt)| (attempt.started(), position, number)));
    }
    starts.sort_unstable();
    let mut lanes: Vec<Vec<usize>> = recording.tasks.iter().map(|task| vec![0; task.attempts().len()]).collect();
    let mut busy = BinaryHeap::new();
    let mut free = BinaryHeap::new();
    let mut count = 0;
    for (start, position, number) in starts {
        while let Some(&Reverse((_, lane))) = busy.peek().filter(|Reverse((end, _))| *end <= start) {
            busy.pop();
            free.push(Reverse(lane));
        }
        let lane = free.pop().map_or_else(
            || {
                count += 1;
                count
            },
            |Reverse(lane)| lane,
        );
        lanes[position][number] = lane;
        busy.push(Reverse((recording.end(&recording.tasks[position].attempts()[number]), lane)));
    }
    lanes
}

/// A time in microseconds, to the nanosecond.
struct Micros(Duration);

impl fmt::Display for Micros {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{:03}", self.0.as_micros(), self.0.subsec_nanos() % 1000)
    }
}
