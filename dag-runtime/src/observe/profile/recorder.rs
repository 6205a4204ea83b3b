//! In: the events of one run. Out: what each of its tasks did, and in what order.
//!
//! Telling is cheap: an event finds its task by its id and notes a time. Names and inputs stay from one run to the next, as
//! do the places where a block counts a task and an edge: a run of the same graph writes them anew only where they differ.

use std::sync::{Mutex, PoisonError};

#[cfg(feature = "metrics")]
use super::meters::{Meters, RunMeters};
use super::{Nanos, Profile};
use crate::graph::Graph;
use crate::observe::observer::{Observer, Outcome, TaskEvent, returns};

/// The memory of a larger run is not kept.
const MOST_KEPT: usize = 1024;

/// Is told about one run, and adds it to the profile when it is dropped.
pub(super) struct Recorder {
    profile: Profile,
    /// None once it is dropped.
    steps: Mutex<Option<Box<Steps>>>,
}

/// What the tasks of a run did.
pub(super) struct Steps {
    pub(super) graph: &'static str,
    /// That graph; a scope has none.
    pub(super) shape: Option<&'static Graph>,
    /// By id. Those that `order` does not have are of an earlier run.
    pub(super) all: Vec<Step>,
    /// The ids of the tasks in the order of their first events.
    pub(super) order: Vec<usize>,
    /// The task that a call is for, and its name, which may not be told of.
    pub(super) call_of: Option<(usize, &'static str)>,
    goal: Goal,
    /// The time of the latest event.
    latest: Nanos,
    /// When the first task started.
    pub(super) begun: Nanos,
    /// From there to the end of the last task.
    pub(super) total: Nanos,
    pub(super) has_failed: bool,
    /// The place of the block that the places of tasks and edges are in.
    pub(super) block: Option<usize>,
    #[cfg(feature = "metrics")]
    pub(super) meters: Option<RunMeters>,
}

/// What a task did.
#[derive(Default)]
pub(super) struct Step {
    pub(super) name: String,
    /// The ids of the tasks that it depends on.
    pub(super) inputs: Vec<u64>,
    pub(super) told: Told,
    /// Its place in the block.
    pub(super) task: Option<usize>,
    /// The places in the block of the edges from its inputs.
    pub(super) edges: Vec<Option<usize>>,
    /// Its figures are merged with those of others, because the block has too many tasks.
    pub(super) is_other: bool,
    #[cfg(feature = "metrics")]
    pub(super) meters: Option<Meters>,
}

/// What was told about a task in this run.
#[derive(Clone, Default)]
pub(super) struct Told {
    /// Otherwise all this is of no run.
    is_of_run: bool,
    /// How many tasks were told of before.
    position: usize,
    is_needed: bool,
    end: End,
    pub(super) attempts: u32,
    /// How many attempts failed.
    pub(super) failures: u32,
    pub(super) started: Option<Nanos>,
    pub(super) ended: Option<Nanos>,
    pub(super) paused: Nanos,
    paused_since: Option<Nanos>,
    /// The end of the input that came last, or the begin of the run.
    pub(super) released: Nanos,
    /// Which of the inputs that is.
    pub(super) last_input: Option<usize>,
    /// On the critical path, the part of its time that the call has waited for.
    pub(super) own: Option<Nanos>,
}

/// How the latest attempt ended.
#[derive(Clone, Copy, Default, PartialEq)]
enum End {
    /// It is done, was skipped, or is under way.
    #[default]
    Fine,
    Failed,
    Cancelled,
}

/// The task that a call is for; of a run, the only task that no other needs.
enum Goal {
    Known(&'static str),
    Task(usize),
    /// There are several, or none.
    Several,
    /// The run was dropped half-way.
    Dropped,
}

impl Recorder {
    pub(super) fn new(profile: Profile, steps: Box<Steps>) -> Self {
        Self { profile, steps: Mutex::new(Some(steps)) }
    }

    fn with(&self, task: &TaskEvent<'_>, note: impl FnOnce(&mut Told, Nanos)) {
        // A block has no more rows than tasks: the time of the elements is that of their task.
        if task.index().is_some() {
            return;
        }
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(steps) = steps.as_deref_mut() else { return };
        // To ask the time costs as much as all the rest.
        let now = if task.is_at_once { steps.latest } else { self.profile.now() };
        steps.latest = now;
        note(steps.of(task), now);
    }
}

impl Observer for Recorder {
    fn made(&self, task: &TaskEvent<'_>) {
        self.with(task, |_, _| {});
    }

    fn started(&self, task: &TaskEvent<'_>) {
        self.with(task, |told, now| {
            told.attempts += 1;
            told.started.get_or_insert(now);
            told.ended = None;
        });
    }

    fn paused(&self, task: &TaskEvent<'_>) {
        self.with(task, |told, now| told.paused_since = Some(now));
    }

    fn resumed(&self, task: &TaskEvent<'_>) {
        self.with(task, |told, now| {
            if let Some(since) = told.paused_since.take() {
                told.paused += now.saturating_sub(since);
            }
        });
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        self.with(task, |told, now| {
            told.end = match outcome {
                Outcome::Failed(_) | Outcome::Panicked => End::Failed,
                Outcome::Cancelled => End::Cancelled,
                _ => End::Fine,
            };
            told.failures += u32::from(told.end == End::Failed);
            if !matches!(outcome, Outcome::Skipped { .. }) {
                told.ended = Some(now);
            }
        });
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let steps = self.steps.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Some(mut steps) = steps.take() else { return };
        steps.settle();
        // Meters are foreign code, and a run may be dropped by a panic.
        returns(|| self.profile.add(steps));
    }
}

impl Steps {
    pub(super) fn new(shape: Option<&'static Graph>) -> Self {
        Self {
            graph: shape.map_or("scope", Graph::name),
            shape,
            all: Vec::new(),
            order: Vec::new(),
            call_of: None,
            goal: Goal::Several,
            latest: 0,
            begun: 0,
            total: 0,
            has_failed: false,
            block: None,
            #[cfg(feature = "metrics")]
            meters: None,
        }
    }

    fn of(&mut self, task: &TaskEvent<'_>) -> &mut Told {
        let id = place(task.id());
        if id >= self.all.len() {
            self.all.resize_with(id + 1, Step::default);
        }
        let step = &mut self.all[id];
        if !step.told.is_of_run {
            step.told.is_of_run = true;
            step.told.position = self.order.len();
            self.order.push(id);
            // The nodes of a graph have the lowest ids, and are the same in each run.
            let is_known = !step.name.is_empty() && self.shape.is_some_and(|shape| id < shape.nodes().len());
            if !is_known {
                step.become_of(task);
            }
        }
        &mut step.told
    }

    /// Finds what came last before each task, the critical path, and the goal.
    fn settle(&mut self) {
        self.begun = self.told().filter_map(|told| told.started).min().unwrap_or_default();
        let last = self.take_last();
        for &id in &self.order {
            let mut released = None;
            for input in 0..self.all[id].inputs.len() {
                let before = place(self.all[id].inputs[input]);
                if let Some(before) = self.all.get_mut(before).filter(|before| before.told.is_of_run) {
                    before.told.is_needed = true;
                    let end = before.told.ended.map(|ended| (ended, before.told.position, input));
                    released = released.max(end);
                }
            }
            let told = &mut self.all[id].told;
            told.released = released.map_or(self.begun, |(ended, ..)| ended);
            told.last_input = released.map(|(.., input)| input);
        }
        // A failure that a task has caught leaves the goal done.
        self.has_failed = self.told().any(|told| told.end == End::Failed) && !self.has_reached_goal();
        self.total = last.map_or(0, |(ended, ..)| ended.saturating_sub(self.begun));
        self.goal = match self.call_of {
            _ if self.has_ended_early() => Goal::Dropped,
            Some((_, name)) => Goal::Known(name),
            None => self.only_goal(),
        };
        self.follow_path(last.map(|(.., id)| id));
    }

    /// Returns the task that ended last. Tasks that were under way when all others had ended were dropped with the run:
    /// they have no end, and no other task has waited for them.
    fn take_last(&mut self) -> Option<(Nanos, usize, usize)> {
        let end = |&id: &usize| Some((self.all[id].told.ended?, self.all[id].told.position, id));
        let last = self.order.iter().filter(|&&id| self.all[id].told.end != End::Cancelled).filter_map(end).max();
        for &id in &self.order {
            let told = &mut self.all[id].told;
            if told.end == End::Cancelled && told.ended >= last.map(|(ended, ..)| ended) {
                told.ended = None;
            }
        }
        last
    }

    /// Returns whether the run was dropped before it had ended. Tasks under way that nobody needs any more do not matter.
    fn has_ended_early(&self) -> bool {
        !self.has_failed
            && match self.call_of {
                Some(_) => !self.has_reached_goal(),
                None => self.goals().any(|id| self.all[id].told.is_under_way()),
            }
    }

    /// Returns whether each task that the run is for is done.
    fn has_reached_goal(&self) -> bool {
        match self.call_of {
            Some((goal, _)) => self.all.get(goal).is_some_and(|goal| goal.told.is_done()),
            None => self.goals().all(|id| self.all[id].told.is_done()),
        }
    }

    /// Returns the tasks that no other needs.
    fn goals(&self) -> impl Iterator<Item = usize> {
        self.order.iter().copied().filter(|&id| !self.all[id].told.is_needed)
    }

    fn only_goal(&self) -> Goal {
        let mut goals = self.goals();
        match (goals.next(), goals.next(), self.shape) {
            (Some(goal), None, _) => Goal::Task(goal),
            // Some tasks that wait for a dropped one were not told of.
            (_, _, Some(shape)) if self.has_failed => {
                let goals: Vec<usize> = self.goals().collect();
                let names: Vec<&str> = goals.iter().map(|&id| self.all[id].name.as_str()).collect();
                shape.only_goal(&names).map_or(Goal::Several, |place| Goal::Task(goals[place]))
            }
            _ => Goal::Several,
        }
    }

    /// Goes back from the task that ended last along the inputs that ended last.
    fn follow_path(&mut self, mut next: Option<usize>) {
        while let Some(id) = next {
            let step = &mut self.all[id];
            // What two runs tell in one may go in a circle.
            if step.told.own.is_some() {
                break;
            }
            let from = step.told.released.max(step.told.started.unwrap_or_default());
            step.told.own = Some(step.told.ended.unwrap_or_default().saturating_sub(from));
            next = step.told.last_input.map(|input| place(step.inputs[input]));
        }
    }

    fn told(&self) -> impl Iterator<Item = &Told> {
        self.order.iter().map(|&id| &self.all[id].told)
    }

    /// Returns the task of an id, if it was told of in this run.
    pub(super) fn step(&self, id: u64) -> Option<&Step> {
        self.all.get(place(id)).filter(|step| step.told.is_of_run)
    }

    pub(super) fn goal(&self) -> &str {
        match self.goal {
            Goal::Known(name) => name,
            Goal::Task(id) => &self.all[id].name,
            Goal::Several => "(several)",
            Goal::Dropped => "(dropped)",
        }
    }

    /// Whether the run was dropped half-way.
    pub(super) fn is_dropped(&self) -> bool {
        matches!(self.goal, Goal::Dropped)
    }

    pub(super) fn is_small(&self) -> bool {
        self.all.len() <= MOST_KEPT
    }

    /// Takes the places of a block for those of tasks and edges.
    pub(super) fn enter(&mut self, block: usize) {
        if self.block != Some(block) {
            self.block = Some(block);
            self.all.iter_mut().for_each(Step::leave);
            #[cfg(feature = "metrics")]
            {
                self.meters = None;
            }
        }
    }

    /// Forgets the run, but not its names.
    pub(super) fn clear(&mut self) {
        for &id in &self.order {
            self.all[id].told = Told::default();
        }
        self.order.clear();
        self.has_failed = false;
    }
}

impl Told {
    fn is_done(&self) -> bool {
        self.end == End::Fine && self.ended.is_some()
    }

    /// Whether it was dropped with the run.
    fn is_under_way(&self) -> bool {
        self.end == End::Cancelled && self.ended.is_none()
    }
}

impl Step {
    /// Takes the name and the inputs of a task, if it had those of another. The name is that of the function: there is no
    /// end of names that tasks made at run time may have of their own.
    fn become_of(&mut self, task: &TaskEvent<'_>) {
        if self.name != task.function() || self.inputs != task.inputs() {
            self.leave();
            self.name.clear();
            self.name.push_str(task.function());
            self.inputs.clear();
            self.inputs.extend_from_slice(task.inputs());
        }
    }

    fn leave(&mut self) {
        self.task = None;
        self.edges.clear();
        #[cfg(feature = "metrics")]
        {
            self.meters = None;
        }
    }
}

/// Returns the place of the task of an id: ids count from 0.
fn place(id: u64) -> usize {
    usize::try_from(id).unwrap_or(usize::MAX)
}
