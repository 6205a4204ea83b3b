//! The parts of a task that do not depend on its type: its name, how many inputs it waits for, and where it belongs.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crate::dynamic::members::{Members, Membership};
use crate::error::TaskError;
use crate::observe::observer::Outcome;
use crate::observe::trace::{NodeSpan, Released};
use crate::observe::watch::Watch;

/// The parts that every node has.
pub(in crate::dynamic) struct Head<N: ?Sized> {
    pub(in crate::dynamic) function: &'static str,
    /// The name that the task was given. It does not change once it is set.
    pub(in crate::dynamic) name: OnceLock<Arc<str>>,
    pub(in crate::dynamic) span: NodeSpan,
    pub(in crate::dynamic) membership: Option<Membership<N>>,
    /// Present if the scope has observers.
    pub(in crate::dynamic) watch: Option<Arc<Watch>>,
    /// Present if the scope has a limit or observers.
    pub(in crate::dynamic) waits: Option<Arc<Waits>>,
    /// The failure of the task is a value of another one, and not the scope's.
    pub(in crate::dynamic) is_caught: AtomicBool,
    /// A dependent in the same scope has failed with the failure of the task, and tells the scope of it.
    pub(in crate::dynamic) is_passed_on: AtomicBool,
    /// The address of the input whose failure this task takes as a value, or 0.
    pub(in crate::dynamic) catches: usize,
    /// The body has awaited a task that had not ended.
    pub(in crate::dynamic) has_waited: AtomicBool,
}

impl<N: ?Sized> Head<N> {
    /// Makes the head of a task of no scope.
    #[inline]
    pub(in crate::dynamic) fn new(function: &'static str) -> Self {
        Self {
            function,
            name: OnceLock::new(),
            span: NodeSpan::new(),
            membership: None,
            watch: None,
            waits: None,
            is_caught: AtomicBool::new(false),
            is_passed_on: AtomicBool::new(false),
            catches: 0,
            has_waited: AtomicBool::new(false),
        }
    }

    /// Returns the name that the task was given, else that of its function.
    pub(in crate::dynamic) fn name(&self) -> &str {
        self.name.get().map_or(self.function, |name| name)
    }

    /// Returns the error of a task that is aborted.
    pub(in crate::dynamic) fn aborted(&self) -> TaskError {
        let error = TaskError::aborted(self.function);
        self.name_in(&error);
        error
    }

    /// Returns the error of a task that nothing can run any more.
    pub(in crate::dynamic) fn lost(&self) -> TaskError {
        let error = TaskError::lost(self.function);
        self.name_in(&error);
        error
    }

    /// Sets the name of the task, if it was given one, in an error of its own.
    pub(super) fn name_in(&self, error: &TaskError) {
        if let Some(name) = self.name.get() {
            error.set_name(name);
        }
    }

    /// Returns whether this task does not tell its scope of its failure: another task does, or none.
    pub(in crate::dynamic) fn is_quiet(&self) -> bool {
        self.is_caught.load(Ordering::Acquire) || self.is_passed_on.load(Ordering::Acquire)
    }

    /// Returns whether the later failure of an input is caught together with the failure of this task. A scope that keeps
    /// going lists such a failure rather than lose it.
    pub(in crate::dynamic) fn catches_others(&self) -> bool {
        let keeps_going = self.membership.as_ref().is_some_and(|own| own.members.keeps_going());
        if keeps_going { self.is_caught.load(Ordering::Acquire) } else { self.is_quiet() }
    }

    pub(in crate::dynamic) fn is_beside(&self, other: &Self) -> bool {
        matches!((&self.membership, &other.membership), (Some(own), Some(theirs)) if theirs.is_in(&own.members))
    }

    /// Notes that a dependent that fails with this task tells the scope, if both are in the same scope.
    pub(in crate::dynamic) fn pass_failure_on_to(&self, dependent: &Self) {
        if self.is_beside(dependent) {
            self.is_passed_on.store(true, Ordering::Release);
        }
    }

    /// Returns whether the task takes the failure of an input with this head as a value.
    pub(in crate::dynamic) fn catches(&self, input: &Self) -> bool {
        self.catches == std::ptr::from_ref(input).addr()
    }

    pub(in crate::dynamic) fn is_closed(&self) -> bool {
        self.membership.as_ref().is_some_and(|membership| membership.members.is_closed())
    }

    pub(in crate::dynamic) fn tell_started(&self) {
        self.begin_span(None);
        if let Some(watch) = &self.watch {
            watch.started();
        }
    }

    /// Begins the span of the task, which another task may have released.
    #[inline]
    pub(in crate::dynamic) fn begin_span(&self, released_by: Option<&Released>) {
        self.span.begin(self.function, self.name.get(), released_by);
    }

    pub(super) fn tell_named(&self, name: &Arc<str>) {
        self.span.name(name);
        if let Some(watch) = &self.watch {
            watch.named(name);
        }
    }

    /// Tells the observers that the task waits for another one, or continues.
    pub(in crate::dynamic) fn tell_paused(&self, is_paused: bool) {
        if let Some(watch) = &self.watch {
            watch.pause(is_paused);
        }
    }

    /// Tells that the task does not start, because of a task with this function and this name.
    pub(in crate::dynamic) fn tell_skipped(&self, because: &'static str, name: &str) {
        self.span.end(&Outcome::Skipped { because });
        if let Some(watch) = &self.watch {
            watch.skipped(because, name);
        }
    }

    pub(in crate::dynamic) fn tell_finished(&self, outcome: &Outcome) {
        self.span.end(outcome);
        if let Some(watch) = &self.watch {
            watch.finished(outcome);
        }
    }
}

/// How many tasks the body of a task is waiting for, in a scope with a limit or with observers.
pub(in crate::dynamic) struct Waits {
    count: AtomicUsize,
    /// The scope of the task, and its number in it.
    scope: usize,
    rank: u64,
    /// That of [`Membership`].
    pub(in crate::dynamic) depth: u32,
}

impl Waits {
    /// Creates the count for a task of a scope.
    pub(in crate::dynamic) fn of<N: ?Sized>(membership: &Membership<N>) -> Self {
        let Membership { members, rank, depth, .. } = membership;
        Self { count: AtomicUsize::new(0), scope: members.address(), rank: *rank, depth: *depth }
    }

    pub(in crate::dynamic) fn is_waiting(&self) -> bool {
        self.count.load(Ordering::Acquire) > 0
    }

    pub(in crate::dynamic) fn begin(&self) {
        self.count.fetch_add(1, Ordering::AcqRel);
    }

    pub(in crate::dynamic) fn end(&self) {
        self.count.fetch_sub(1, Ordering::AcqRel);
    }

    /// Returns the number of the task, if it is of this scope.
    pub(in crate::dynamic) fn rank_in<N: ?Sized>(&self, members: &Arc<Members<N>>) -> Option<u64> {
        (self.scope == members.address()).then_some(self.rank)
    }
}
