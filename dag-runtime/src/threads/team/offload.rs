//! The driver's side of the tasks on other threads: it starts them, takes their reports, and ends with them.

use std::any::Any;
use std::panic::resume_unwind;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use super::desk::{Desk, Report};
use super::{Catching, Keep, Spawn, Team};
use crate::cell::{ArcWriter, EachCell, TaskCell};
use crate::error::ErrorSource;
use crate::graph::Graph;
use crate::observe::signals::{Signals, WorkerSignals};
use crate::run::{RunScheduler, Seed};
use crate::schedule::ScheduleThreads;
use crate::schedule::edges::{MixedEdges, ScheduleEdges};
use crate::schedule::limit::NO_LIMIT;
use crate::task_set::TaskSet;
use crate::threads::leash::Leash;
use crate::threads::progress::{Link, Progress};
use crate::threads::ready::Ready;

/// The driver's handle to the tasks on other threads: when it is dropped, they are aborted.
pub struct Offload<O, C, F, const WORDS: usize> {
    team: Arc<Team<O, C, F, WORDS>>,
    hired: Hired,
    /// No other thread starts tasks any more.
    is_alone: bool,
    /// The outcome with which the terminal ends, once the workers have ended.
    end: Option<End<F>>,
}

/// An outcome of a terminal other than a result.
enum End<F> {
    Failure(F),
    Panic(Box<dyn Any + Send>),
}

/// The worker that the driver hired last in its pass.
enum Hired {
    Nobody,
    OnCall,
    Worker,
}

impl<O, C, F, const WORDS: usize> Offload<O, C, F, WORDS> {
    /// Begins a terminal for the task `goal`.
    pub fn of_terminal(
        object: &Arc<O>,
        cells: C,
        (graph, links): (&'static Graph, &'static [Link<WORDS>]),
        goal: usize,
        is_limited: bool,
        spawn: Spawn<O, C, F, WORDS>,
    ) -> Self {
        let mut signals = Signals::of_terminal(graph, || Some(goal));
        let team = Team {
            object: Arc::clone(object),
            cells: ArcWriter::new(cells).share(),
            nodes: graph.nodes(),
            scene: signals.scene(),
            links,
            goal: Some(goal),
            progress: Progress::new(links, TaskSet::EMPTY, is_limited),
            ready: Ready::new(),
            desk: Desk::new(),
            announcer: signals.announcer(),
            spawn,
            keep: Err,
            home: None,
            leash: None,
            runtime: OnceLock::new(),
            catching: None,
            _leave: None,
        };
        Self { team: Arc::new(team), hired: Hired::Nobody, is_alone: false, end: None }
    }

    /// Lets only the failures of the `fatal` tasks end the terminal; `source` converts the failure of another task into
    /// a source if a task may read it.
    ///
    /// # Panics
    /// If the terminal has begun.
    #[must_use]
    pub fn catching(mut self, [fatal, readable]: [TaskSet<WORDS>; 2], source: fn(F) -> Option<ErrorSource>) -> Self {
        let team = Arc::get_mut(&mut self.team).expect("a terminal that has not begun has no workers");
        team.catching = Some(Catching { fatal, readable, source });
        self
    }

    /// Begins a run, which already has the cells.
    pub fn of_run(
        object: Arc<O>,
        cells: ArcWriter<C>,
        links: &'static [Link<WORDS>],
        seed: Seed<WORDS>,
        spawn: Spawn<O, C, F, WORDS>,
        keep: Keep<F>,
    ) -> (Self, RunScheduler<WORDS>) {
        let (offload, seed) = Self::begin_run(object, cells, links, seed, spawn, keep);
        (offload, seed.into_scheduler())
    }

    /// [`of_run`](Self::of_run) for a block with dependencies that are not plain.
    pub fn of_edge_run(
        object: Arc<O>,
        cells: ArcWriter<C>,
        links: &'static [Link<WORDS>],
        seed: Seed<WORDS>,
        spawn: Spawn<O, C, F, WORDS>,
        keep: Keep<F>,
    ) -> (Self, RunScheduler<WORDS, MixedEdges<WORDS>>) {
        let (offload, seed) = Self::begin_run(object, cells, links, seed, spawn, keep);
        (offload, seed.into_edge_scheduler())
    }

    fn begin_run(
        object: Arc<O>,
        cells: ArcWriter<C>,
        links: &'static [Link<WORDS>],
        mut seed: Seed<WORDS>,
        spawn: Spawn<O, C, F, WORDS>,
        keep: Keep<F>,
    ) -> (Self, Seed<WORDS>) {
        let team = Team {
            object,
            cells: cells.share(),
            nodes: seed.nodes(),
            scene: seed.signals.scene(),
            links,
            goal: None,
            progress: Progress::new(links, seed.done, seed.limit != NO_LIMIT),
            ready: Ready::new(),
            desk: Desk::new(),
            announcer: seed.announcer(),
            spawn,
            keep,
            home: Some(seed.home()),
            leash: seed.cancels_abandoned().then(|| Leash::new(seed.nodes().len())),
            runtime: OnceLock::new(),
            catching: None,
            _leave: seed.leave(),
        };
        (Self { team: Arc::new(team), hired: Hired::Nobody, is_alone: false, end: None }, seed)
    }

    /// Returns the shared state of the tasks.
    #[must_use]
    pub fn team(&self) -> Arc<Team<O, C, F, WORDS>> {
        Arc::clone(&self.team)
    }

    /// Takes the result of a task that the driver has polled, and starts the spawned tasks that became ready: the
    /// driver may not know yet which tasks other threads have finished.
    pub fn set<T>(&mut self, task: usize, cell: impl FnOnce(&C) -> &TaskCell<T, C>, value: T) {
        self.team.put(task, cell, value);
        self.follow(task);
    }

    /// [`set`](Self::set) for a result that moves in a call.
    pub fn set_or_keep<T>(&mut self, task: usize, cell: impl FnOnce(&C) -> &TaskCell<T, C>, value: T) {
        self.team.put_or_keep(task, cell, value);
        self.follow(task);
    }

    /// Takes the result for one element of a task that the driver polls.
    pub fn put_element<T>(&self, cell: impl FnOnce(&C) -> &EachCell<T, C>, index: usize, value: T) {
        self.team.put_element(cell, index, value);
    }

    /// [`set`](Self::set) for a task whose results for all elements are there; `is_moved` says that its result moves in a
    /// call.
    pub fn complete<T>(&mut self, task: usize, cell: impl FnOnce(&C) -> &EachCell<T, C>, is_moved: bool) {
        self.team.complete(task, cell, is_moved);
        self.follow(task);
    }

    fn follow(&mut self, task: usize) {
        let ready = self.team.progress.finish(task).ready;
        if let Some(scene) = &self.team.scene {
            scene.release(task, ready.tasks());
        }
        for ready in ready.tasks() {
            self.spawn(ready);
        }
    }

    /// Starts a spawned task, unless another thread has started it.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(&mut self, task: usize) {
        if let Some(leash) = &self.team.leash {
            leash.pardon(task / 64, 1 << (task % 64));
        }
        if self.team.progress.claim(task) {
            if let Some(scene) = &self.team.scene {
                scene.depart(task);
            }
            self.spawn(task);
        }
    }

    /// The first task of a pass gets its own worker; the others go to any free worker.
    fn spawn(&mut self, task: usize) {
        if matches!(self.hired, Hired::Nobody) {
            self.team.spawn(task);
            self.hired = Hired::Worker;
        } else if self.team.ready.add(&TaskSet::of(task)) {
            self.team.hire(None, true);
            self.hired = Hired::OnCall;
        } else if matches!(self.hired, Hired::OnCall) {
            // A thread of the runtime keeps the task that it spawned last for itself: this must not be the worker on
            // call.
            self.team.hire(None, false);
            self.hired = Hired::Worker;
        }
    }

    /// Begins a pass of the driver with the events from other threads since the last pass. In a terminal that ends
    /// without a result, there are no more passes: it waits until the workers have ended.
    ///
    /// # Errors
    /// The failure of a task, in a terminal.
    ///
    /// # Panics
    /// With the payload of a spawned task that panicked.
    pub fn begin_pass<S: ScheduleThreads>(&mut self, scheduler: &mut S, cx: &mut Context<'_>) -> Poll<Result<(), F>> {
        if self.end.is_some() {
            return self.await_workers(cx);
        }
        self.hired = Hired::Nobody;
        if scheduler.is_dropping() {
            scheduler.begin_pass(cx);
            self.abandon(scheduler);
            return Poll::Ready(Ok(()));
        }
        let reports = self.team.desk.attend(cx.waker());
        scheduler.begin_pass(cx);
        if self.team.goal.is_some() {
            let Team { scene, announcer, .. } = &*self.team;
            scheduler.join(&WorkerSignals { scene: scene.as_ref(), announcer: announcer.as_ref() });
        }
        for report in reports {
            match report {
                Report::Failed(task, error) => {
                    scheduler.arrive(task);
                    scheduler.fail_with(task, error);
                    self.update(scheduler);
                    self.team.progress.see(task);
                }
                Report::Dropped(task) => {
                    scheduler.arrive(task);
                    self.update(scheduler);
                    self.team.progress.forget(task);
                    scheduler.take_back();
                }
                Report::Failure(failure) => return self.end(failure, cx),
                Report::Panicked(task, payload) if self.team.goal.is_some() => {
                    scheduler.blame(task);
                    return self.end_with(End::Panic(payload), cx);
                }
                Report::Panicked(task, payload) => {
                    scheduler.blame(task);
                    resume_unwind(payload)
                }
                Report::Lost(task) => {
                    scheduler.blame(task);
                    let name = self.team.nodes[task].name;
                    panic!("task `{name}` is lost: the tokio runtime it was spawned on has shut down");
                }
            }
        }
        self.update(scheduler);
        self.collect(scheduler);
        Poll::Ready(Ok(()))
    }

    /// Ends a terminal with a failure: aborts the workers, and waits until they have ended.
    ///
    /// # Errors
    /// Returns the failure once the workers have ended.
    pub fn end(&mut self, failure: F, cx: &mut Context<'_>) -> Poll<Result<(), F>> {
        self.end_with(End::Failure(failure), cx)
    }

    #[cold]
    fn end_with(&mut self, end: End<F>, cx: &Context<'_>) -> Poll<Result<(), F>> {
        self.team.desk.close();
        self.end = Some(end);
        self.await_workers(cx)
    }

    #[cold]
    fn await_workers(&mut self, cx: &Context<'_>) -> Poll<Result<(), F>> {
        let desk = &self.team.desk;
        // The waker is stored before the check for remaining workers: the last worker to go wakes the driver.
        drop(desk.attend(cx.waker()));
        if desk.has_workers() {
            return Poll::Pending;
        }
        match self.end.take() {
            Some(End::Failure(failure)) => Poll::Ready(Err(failure)),
            Some(End::Panic(payload)) => resume_unwind(payload),
            None => Poll::Pending,
        }
    }

    /// Ends a pass, and with it the driver if the goal is reached.
    pub fn end_pass<S: ScheduleThreads>(&mut self, scheduler: &mut S) -> Poll<()> {
        _ = scheduler.end_pass();
        self.update(scheduler);
        let is_reached = |goal: usize| self.team.progress.done(goal / 64) & 1 << (goal % 64) != 0;
        if self.team.goal.is_some_and(is_reached) { Poll::Ready(()) } else { Poll::Pending }
    }

    /// [`end_pass`](Self::end_pass) in a block with dependencies that are not plain. Once a task has failed whose
    /// failure may be caught, only the driver starts tasks: a worker knows which tasks are done, not which have failed.
    pub fn end_edge_pass<S: ScheduleEdges + ScheduleThreads>(
        &mut self,
        scheduler: &mut S,
        cx: &Context<'_>,
    ) -> Poll<()> {
        if !self.is_alone && scheduler.has_failed() {
            self.is_alone = true;
            self.team.progress.fail();
            // Other threads may not have reported tasks that they finished since this pass began.
            cx.waker().wake_by_ref();
        }
        let end = self.end_pass(scheduler);
        // A task that was asked for in this pass may need a task that another thread finished before it knew that the
        // task is needed.
        if end.is_pending() && (0..WORDS).any(|word| self.team.progress.done(word) & scheduler.open(word) != 0) {
            cx.waker().wake_by_ref();
        }
        end
    }

    /// Returns the result of the task that the terminal is for.
    ///
    /// # Panics
    /// If the result is missing.
    pub fn into_goal<T>(self, cell: impl FnOnce(&C) -> &TaskCell<T, C>) -> T {
        cell(self.team.cells()).take().expect("a terminal takes only a result that is there")
    }

    /// Stops the tasks on other threads that no goal needs any more.
    #[cold]
    fn abandon<S: ScheduleThreads>(&self, scheduler: &S) {
        // Only a task that is needed makes others ready.
        self.update(scheduler);
        if let Some(leash) = &self.team.leash {
            (0..WORDS).for_each(|word| leash.condemn(word, !scheduler.needed(word)));
        }
    }

    /// Tells the other threads which tasks are needed and wanted.
    fn update<S: ScheduleThreads>(&self, scheduler: &S) {
        for word in 0..WORDS {
            if let Some(leash) = &self.team.leash {
                leash.pardon(word, scheduler.needed(word));
            }
            let goal = self.team.goal.filter(|goal| goal / 64 == word).map_or(0, |goal| 1 << (goal % 64));
            self.team.progress.update(word, scheduler.open(word), scheduler.wanted(word) | goal);
        }
    }

    /// Tells the scheduler which spawned tasks are done.
    fn collect<S: ScheduleThreads>(&self, scheduler: &mut S) {
        let Team { progress, links, .. } = &*self.team;
        for word in 0..WORDS {
            let arrived = progress.done(word) & scheduler.open(word);
            for task in (TaskSet([arrived])).tasks() {
                let task = word * 64 + task;
                scheduler.arrive(task);
                scheduler.finish(task / 64, 1 << (task % 64));
                for dependent in links[task].dependents {
                    scheduler.visit(dependent / 64, 1 << (dependent % 64));
                }
            }
        }
    }
}

impl<O, C, F, const WORDS: usize> Drop for Offload<O, C, F, WORDS> {
    fn drop(&mut self) {
        let desk = &self.team.desk;
        desk.close();
        drop(desk.leave());
    }
}
