//! What an engine remembers of a run, told to a timeline as if it happened now.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use super::DurableGraph;
use crate::error::TaskError;
use crate::observe::Timeline;
use crate::observe::observer::{Observer, Outcome, TaskEvent};

/// What a task of a [`DurableGraph`] did. Times count from the same moment as those of the engine.
#[derive(Clone, Debug)]
pub struct Past {
    /// The place of the task.
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
    /// It was told to stop.
    Cancelled,
}

impl DurableGraph {
    /// Returns the timeline of a run from what an engine remembers of its tasks. Tasks that have not ended are under
    /// way until `now`; tasks that have not started are skipped if something failed.
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
        let timeline = self.told(past, now);
        timeline.set_about(self.name, None);
        timeline
    }

    /// [`timeline`](Self::timeline) of a run that began at a known moment.
    #[must_use]
    pub fn timeline_since(&self, began: SystemTime, past: &[Past], now: Duration) -> Timeline {
        let timeline = self.told(past, now);
        timeline.set_about(self.name, Some(began));
        timeline
    }

    fn told(&self, past: &[Past], now: Duration) -> Timeline {
        let clock = Arc::new(AtomicU64::new(0));
        let set = |time: Duration| clock.store(u64::try_from(time.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        let timeline = Timeline::with_clock({
            let clock = Arc::clone(&clock);
            move || Duration::from_micros(clock.load(Ordering::Relaxed))
        });
        let mut events = Vec::new();
        for past in past {
            events.extend(past.started.map(|time| (time, past.task, None)));
            events.extend(past.ended.as_ref().map(|(time, end)| (*time, past.task, Some(end))));
        }
        // Of two events at a time, a task's start stands before its end, and its dependency's end before its start.
        events.sort_by_key(|&(time, ..)| time);
        let failed = events.iter().find(|(.., end)| matches!(end, Some(PastEnd::Failed(_))));
        let failed = failed.map(|&(_, task, _)| self.tasks[task].name);

        set(events.first().map_or(now, |&(time, ..)| time));
        for past in past {
            self.tell(past.task, |event| timeline.made(event));
        }
        for (time, task, end) in events {
            set(time);
            self.tell(task, |event| match end {
                None => timeline.started(event),
                Some(end) => timeline.finished(event, &self.outcome(task, end)),
            });
        }
        if past.iter().any(|past| past.started.is_some() && past.ended.is_none()) {
            set(now);
        }
        if let Some(because) = failed {
            for past in past.iter().filter(|past| past.started.is_none() && past.ended.is_none()) {
                self.tell(past.task, |event| timeline.finished(event, &Outcome::Skipped { because }));
            }
        }
        timeline
    }

    fn tell(&self, task: usize, tell: impl FnOnce(&TaskEvent<'_>)) {
        let known = &self.tasks[task];
        let inputs: Vec<u64> = known.dependencies.iter().map(|&dependency| dependency as u64).collect();
        tell(&TaskEvent::new(task as u64, known.name, &inputs, 1));
    }

    fn outcome(&self, task: usize, end: &PastEnd) -> Outcome {
        match end {
            PastEnd::Done => Outcome::Done,
            PastEnd::Failed(message) => Outcome::Failed(TaskError::new(self.tasks[task].name, message.as_str().into())),
            PastEnd::Cancelled => Outcome::Cancelled,
        }
    }
}
