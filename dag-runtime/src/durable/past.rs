//! What an engine remembers of a run, told to a timeline as if it happened now.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use super::{DurableEdge, DurableGraph, GraphInside};
use crate::error::TaskError;
use crate::graph::EdgeKind;
use crate::graph::names::joined;
use crate::observe::Timeline;
use crate::observe::observer::{Observer, Outcome, TaskEvent};

/// What a task of a [`DurableGraph`] did, or one of its attempts: several of the same task are its attempts, in their order.
/// Times count from the same moment as those of the engine.
#[derive(Clone, Debug)]
pub struct Past {
    /// The place of the task; in a timeline with graphs inside, its place in [`DurableGraph::all_names`].
    pub task: usize,
    /// When it started, if it has.
    pub started: Option<Duration>,
    /// When and how it ended, if it has.
    pub ended: Option<(Duration, PastEnd)>,
}

/// How a task ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PastEnd {
    /// It returned its result.
    Done,
    /// It failed, with this message.
    Failed(String),
    /// It panicked.
    Panicked,
    /// It was told to stop.
    Cancelled,
}

impl DurableGraph {
    /// Returns the timeline of a run from what an engine remembers of its tasks. Tasks that have not ended are under way
    /// until `now`; tasks that have not started are skipped if one that they need has failed or was told to stop. For a
    /// block with `catch` or `lazy` there is [`timeline_with_edges`](Self::timeline_with_edges).
    ///
    /// # Examples
    /// ```
    /// # mod adagio { pub(crate) mod durable { pub(crate) use dag_runtime::{DurableGraph, Past, PastEnd}; } }
    /// use std::time::Duration;
    ///
    /// use adagio::durable::{DurableGraph, Past, PastEnd};
    ///
    /// fn draw(graph: &DurableGraph) -> String {
    ///     let ended = (Duration::from_secs(5), PastEnd::Done);
    ///     let first = Past { task: 0, started: Some(Duration::from_secs(3)), ended: Some(ended) };
    ///     graph.timeline(&[first], Duration::from_secs(6)).to_string()
    /// }
    /// # let _ = draw;
    /// ```
    #[must_use]
    pub fn timeline(&self, past: &[Past], now: Duration) -> Timeline {
        self.timeline_with_edges((&[], &[]), None, past, now)
    }

    /// [`timeline`](Self::timeline) of a run that began at a known moment.
    #[must_use]
    pub fn timeline_since(&self, began: SystemTime, past: &[Past], now: Duration) -> Timeline {
        self.timeline_with_edges((&[], &[]), Some(began), past, now)
    }

    /// [`timeline`](Self::timeline) of a run, with its beginning if that is known, with the tasks of graphs inside
    /// ([`Durable::INSIDE`](super::Durable::INSIDE)), and for a block with dependencies that are not plain
    /// ([`Durable::EDGES`](super::Durable::EDGES)): a task that catches a failure, or may never ask for the task that
    /// failed, is not skipped. Tasks of a graph inside are not skipped because of others there, since the kinds of their
    /// dependencies are not known here.
    #[must_use]
    pub fn timeline_with_edges(
        &self,
        (inside, edges): (&'static [GraphInside], &[DurableEdge]),
        began: Option<SystemTime>,
        past: &[Past],
        now: Duration,
    ) -> Timeline {
        let timeline = told(&self.known(inside, edges), past, now);
        timeline.set_about(self.name, began);
        timeline
    }

    /// Returns the names of all tasks: first those of the graph, by their places, then those of graphs inside, such as
    /// `pricing.total`.
    #[must_use]
    pub fn all_names(&self, inside: &'static [GraphInside]) -> Vec<&'static str> {
        self.known(inside, &[]).into_iter().map(|task| task.name).collect()
    }

    /// Returns all tasks, in the order of their names.
    fn known(&self, inside: &'static [GraphInside], edges: &[DurableEdge]) -> Vec<Known> {
        let waits =
            |task, dependency| matches!(DurableEdge::kind_of(edges, task, dependency), EdgeKind::Plain | EdgeKind::In);
        let own = self.tasks.iter().enumerate().map(|(place, task)| {
            let inputs = task.dependencies.iter().map(|&dependency| dependency as u64);
            let needs = task.dependencies.iter().copied().filter(|&dependency| waits(place, dependency));
            Known { name: task.name, inputs: inputs.collect(), needs: needs.collect() }
        });
        let mut known: Vec<Known> = own.collect();
        for inner in inside {
            let first = known.len();
            let object = self.tasks[inner.task].name;
            let tasks = inner.graph.known(inner.inside, &[]);
            for &(dependent, name) in inner.dependents {
                let place = tasks.iter().position(|task| task.name == name).map(|place| first + place);
                known[dependent].inputs.extend(place.map(|place| place as u64));
                known[dependent].needs.extend(place.filter(|_| waits(dependent, inner.task)));
            }
            for task in tasks {
                let mut inputs: Vec<u64> = task.inputs.iter().map(|input| first as u64 + input).collect();
                if inputs.is_empty() {
                    inputs.push(inner.task as u64);
                }
                known.push(Known { name: joined(object, task.name), inputs, needs: vec![inner.task] });
            }
        }
        known
    }
}

/// A task, as the page of a run shows it.
struct Known {
    name: &'static str,
    /// The places of the tasks that it depends on.
    inputs: Vec<u64>,
    /// The places of those without which it is known not to run.
    needs: Vec<usize>,
}

/// Returns for each task the one that failed or was told to stop, because of which it does not run, if there is one.
fn blocked(tasks: &[Known], past: &[Past]) -> Vec<Option<&'static str>> {
    let mut because = vec![None; tasks.len()];
    let mut can_run = vec![true; tasks.len()];
    for past in past {
        let has_failed = matches!(past.ended, Some((_, PastEnd::Failed(_) | PastEnd::Cancelled)));
        because[past.task] = has_failed.then_some(tasks[past.task].name);
        can_run[past.task] = past.started.is_none() && past.ended.is_none();
    }
    // A task of a graph inside has a higher place than those that depend on it, so one pass is not enough.
    let mut is_new = true;
    while is_new {
        is_new = false;
        for task in (0..tasks.len()).filter(|&task| can_run[task]) {
            let found = tasks[task].needs.iter().find_map(|&needed| because[needed]);
            if found.is_some() && because[task].is_none() {
                (because[task], is_new) = (found, true);
            }
        }
    }
    because
}

fn told(tasks: &[Known], past: &[Past], now: Duration) -> Timeline {
    let clock = Arc::new(AtomicU64::new(0));
    let set = |time: Duration| clock.store(u64::try_from(time.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    let timeline = Timeline::with_clock({
        let clock = Arc::clone(&clock);
        move || Duration::from_micros(clock.load(Ordering::Relaxed))
    });
    let mut events = Vec::new();
    let mut attempts = vec![0; tasks.len()];
    for past in past {
        attempts[past.task] += 1;
        let attempt = (past.task, attempts[past.task]);
        events.extend(past.started.map(|time| (time, attempt, None)));
        events.extend(past.ended.as_ref().map(|(time, end)| (*time, attempt, Some(end))));
    }
    // Of two events at a time, a task's start stands before its end, and its dependency's end before its start.
    events.sort_by_key(|&(time, ..)| time);

    set(events.first().map_or(now, |&(time, ..)| time));
    let mut is_new = vec![true; tasks.len()];
    for past in past.iter().filter(|past| std::mem::take(&mut is_new[past.task])) {
        tell(&tasks[past.task], (past.task, 1), |event| timeline.made(event));
    }
    for (time, (task, attempt), end) in events {
        set(time);
        tell(&tasks[task], (task, attempt), |event| match end {
            None => timeline.started(event),
            Some(end) => timeline.finished(event, &outcome(tasks[task].name, end)),
        });
    }
    if past.iter().any(|past| past.started.is_some() && past.ended.is_none()) {
        set(now);
    }
    let blocked = blocked(tasks, past);
    for past in past.iter().filter(|past| past.started.is_none() && past.ended.is_none()) {
        if let Some(because) = blocked[past.task] {
            tell(&tasks[past.task], (past.task, 1), |event| timeline.finished(event, &Outcome::Skipped { because }));
        }
    }
    timeline
}

fn tell(known: &Known, (task, attempt): (usize, u32), tell: impl FnOnce(&TaskEvent<'_>)) {
    tell(&TaskEvent::new(task as u64, known.name, &known.inputs, attempt));
}

fn outcome(task: &'static str, end: &PastEnd) -> Outcome {
    match end {
        PastEnd::Done => Outcome::Done,
        PastEnd::Failed(message) => Outcome::Failed(TaskError::new(task, message.as_str().into())),
        PastEnd::Panicked => Outcome::Panicked,
        PastEnd::Cancelled => Outcome::Cancelled,
    }
}
