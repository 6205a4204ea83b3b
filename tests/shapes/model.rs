//! The reference model, which knows the events of each poll of a run.

use super::stage::Stage;
use super::{Event, Kind, MISSING, Mode, Outcome, Plan, Shape, Task, UNASKED, compute, number_of_failure};

/// The reference model: the events of a run, one poll after another.
pub(super) struct Model<'r> {
    shape: &'r Shape,
    plans: &'r [Plan],
    modes: &'r [[Mode; 3]],
    goal: usize,
    is_of_run: bool,
    needed: Vec<bool>,
    started: Vec<bool>,
    results: Vec<Option<Result<u64, usize>>>,
    /// For each task that cannot return a result, the task that failed.
    causes: Vec<Option<usize>>,
    /// For each task under way, the numbers of its inputs so far, and the dependencies it waits for.
    numbers: Vec<Vec<u64>>,
    asked: Vec<Option<usize>>,
    /// Whether the body of each task is about to be dropped.
    are_condemned: Vec<bool>,
}

impl<'r> Model<'r> {
    pub(super) fn new(shape: &'r Shape, stage: &'r Stage, goal: usize, is_of_run: bool) -> Self {
        let count = shape.tasks.len();
        let (needed, started) = (vec![false; count], vec![false; count]);
        let mut model = Self {
            shape,
            plans: &stage.plans,
            modes: &stage.modes,
            goal,
            is_of_run,
            needed,
            started,
            results: vec![None; count],
            causes: vec![None; count],
            numbers: vec![Vec::new(); count],
            asked: vec![None; count],
            are_condemned: vec![false; count],
        };
        model.need();
        model
    }

    /// Finds the tasks that the goal needs and that can still run, and the tasks that are asked for; started tasks
    /// continue.
    fn need(&mut self) {
        let mut needed = vec![false; self.needed.len()];
        let mut open = if self.causes[self.goal].is_none() { vec![self.goal] } else { Vec::new() };
        open.extend(self.asked.iter().flatten().filter(|&&asked| !self.has_ended(asked)));
        while let Some(task) = open.pop() {
            needed[task] = true;
            if !self.started[task] {
                let Task { dependencies, lazy, .. } = &self.shape.tasks[task];
                let at_once = dependencies.iter().filter(|dependency| !lazy.contains(dependency));
                open.extend(at_once.filter(|&&it| !needed[it] && !self.has_ended(it)));
            }
        }
        self.needed = (0..needed.len()).map(|task| needed[task] || self.started[task]).collect();
    }

    fn has_ended(&self, task: usize) -> bool {
        self.results[task].is_some() || self.causes[task].is_some()
    }

    /// Stops the tasks that need a failed task. Returns whether that ends a call for the goal.
    fn fail(&mut self, failed: usize, order: &[usize]) -> bool {
        self.stop(failed, failed, order);
        // A path through a lazy dependency counts, even if it is not asked for.
        let mut reached = vec![false; order.len()];
        reached[failed] = true;
        for &task in order {
            let Task { dependencies, caught, .. } = self.shape.tasks[task];
            let mut dependencies = dependencies.iter().filter(|dependency| !caught.contains(dependency));
            reached[task] |= dependencies.any(|&dependency| reached[dependency]);
        }
        reached[self.goal]
    }

    /// Stops a task because another failed, and stops the tasks that need it.
    fn stop(&mut self, stopped: usize, failed: usize, order: &[usize]) {
        let mut are_stopped = vec![false; order.len()];
        are_stopped[stopped] = true;
        for &task in order {
            let Task { dependencies, caught, lazy, .. } = self.shape.tasks[task];
            let is_plain = |dependency| !caught.contains(dependency) && !lazy.contains(dependency);
            let mut plain = dependencies.iter().filter(|dependency| is_plain(dependency));
            are_stopped[task] |= !self.has_ended(task) && plain.any(|&dependency| are_stopped[dependency]);
        }
        for task in (0..order.len()).filter(|&task| are_stopped[task]) {
            self.causes[task].get_or_insert(failed);
        }
        self.need();
    }

    /// Continues with the inputs of a task under way. Returns whether it has all of them.
    fn ask(&mut self, task: usize, is_open: &[bool]) -> bool {
        let Task { inputs, told, lazy, .. } = self.shape.tasks[task];
        self.asked[task] = None;
        for (place, &input) in inputs.iter().enumerate().skip(self.numbers[task].len()) {
            let mode = if lazy.contains(&input) { self.modes[task][place % 3] } else { Mode::Ask };
            let number = match self.results[input] {
                _ if mode == Mode::Leave => UNASKED,
                Some(result) => result.unwrap_or_else(number_of_failure),
                None if !lazy.contains(&input) && told.contains(&input) => {
                    MISSING + self.causes[input].expect("has ended") as u64
                }
                None if !lazy.contains(&input) => MISSING,
                None if mode == Mode::Hurry && is_open[self.plans.len() + task] => UNASKED,
                None => {
                    self.asked[task] = Some(input);
                    return false;
                }
            };
            self.numbers[task].push(number);
        }
        true
    }

    /// Reads which tasks are asked for, at the end of a pass. Returns whether there is another pass.
    fn take_asks(&mut self, order: &[usize]) -> bool {
        let condemned: Vec<_> = (0..order.len())
            .filter(|&task| !self.are_condemned[task])
            .filter_map(|task| Some((task, self.causes[self.asked[task]?]?)))
            .collect();
        for &(task, failed) in &condemned {
            self.are_condemned[task] = true;
            self.stop(task, failed, order);
        }
        self.need();
        !condemned.is_empty() || order.iter().any(|&task| !self.started[task] && self.is_due(task))
    }

    /// Returns whether a task is needed and has all results that it must wait for.
    fn is_due(&self, task: usize) -> bool {
        let Task { dependencies, lazy, .. } = self.shape.tasks[task];
        let mut at_once = dependencies.iter().filter(|dependency| !lazy.contains(dependency));
        self.needed[task] && !self.has_ended(task) && at_once.all(|&dependency| self.has_ended(dependency))
    }

    pub(super) fn poll(&mut self, order: &[usize], is_open: &[bool], events: &mut Vec<Event>) -> Outcome {
        loop {
            if let Some(end) = self.pass(order, is_open, events) {
                return end;
            }
            if !self.take_asks(order) {
                break;
            }
        }
        let failed = self.causes[self.goal].map(Err);
        self.results[self.goal].or(failed).map_or(Outcome::Pending, Outcome::Done)
    }

    /// Goes over all tasks once. Returns the outcome if that ends the run.
    fn pass(&mut self, order: &[usize], is_open: &[bool], events: &mut Vec<Event>) -> Option<Outcome> {
        for &task in order {
            if std::mem::take(&mut self.are_condemned[task]) {
                events.push(Event::Drop(task));
                self.started[task] = false;
                self.asked[task] = None;
                self.need();
                continue;
            }
            let Task { kind, is_async, .. } = self.shape.tasks[task];
            if !self.is_due(task) {
                continue;
            }
            if !std::mem::replace(&mut self.started[task], true) {
                events.push(Event::Start(task));
            }
            if is_async && !is_open[task] {
                continue;
            }
            if !self.ask(task, is_open) {
                continue;
            }
            events.push(Event::End(task));
            self.results[task] = Some(match self.plans[task] {
                Plan::Panic => return Some(Outcome::Panicked(task)),
                Plan::Fail if kind == Kind::Fallible => {
                    // In a run, started tasks continue.
                    if self.fail(task, order) && !self.is_of_run {
                        return Some(Outcome::Done(Err(task)));
                    }
                    continue;
                }
                Plan::Fail => Err(task),
                Plan::Succeed => Ok(compute(task, self.numbers[task].iter().copied())),
            });
        }
        None
    }

    fn is_under_way(&self, task: usize) -> bool {
        self.started[task] && (!self.has_ended(task) || self.are_condemned[task])
    }

    /// Returns whether a task waits at a gate that is not open.
    pub(super) fn is_awaited(&self, gate: usize) -> bool {
        let Some(task) = gate.checked_sub(self.plans.len()) else { return self.is_under_way(gate) };
        let mode = |_| self.modes[task][self.numbers[task].len() % 3];
        self.asked[task].map(mode) == Some(Mode::Hurry)
    }

    /// Returns the drops at the end of the run; the failed task itself has ended.
    pub(super) fn drops(&self, outcome: &Outcome) -> Vec<Event> {
        let ended = |task| matches!(outcome, Outcome::Done(Err(by)) | Outcome::Panicked(by) if *by == task);
        let under_way = (0..self.started.len()).filter(|&task| self.is_under_way(task) && !ended(task));
        under_way.map(Event::Drop).collect()
    }
}

/// Repeatedly takes the first task in source order whose dependencies are all placed.
pub(super) fn order(shape: &Shape) -> Vec<usize> {
    let mut order = Vec::new();
    while order.len() < shape.tasks.len() {
        let is_next = |&task: &usize| {
            !order.contains(&task) && shape.tasks[task].dependencies.iter().all(|other| order.contains(other))
        };
        order.push((0..shape.tasks.len()).find(is_next).expect("there is no cycle"));
    }
    order
}
