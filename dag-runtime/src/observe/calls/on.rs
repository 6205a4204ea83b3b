//! Which profile counts the calls of which graph, and a call that is counted.
//!
//! The profiles are known to the whole program, so neither a handler nor an expansion mentions them. As long as there is
//! none, a call reads one flag. A call that is counted has an announcer, as a run has; its driver tells it what the spans of
//! its tasks are told, and the workers of spawned tasks share it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use crate::error::TaskError;
use crate::graph::Graph;
use crate::observe::announcer::Announcer;
use crate::observe::observer::{Observers, Outcome, RunEvent};
use crate::observe::profile::Profile;

static IS_ANY: AtomicBool = AtomicBool::new(false);
static PROFILES: RwLock<Vec<(&'static Graph, Profile)>> = RwLock::new(Vec::new());

/// Has a profile count the calls of a graph, in place of the one that did.
pub(in crate::observe) fn observe(graph: &'static Graph, profile: Profile) {
    let mut profiles = PROFILES.write().unwrap_or_else(PoisonError::into_inner);
    let before = match profiles.iter_mut().find(|(known, _)| known.is_same(graph)) {
        Some((_, known)) => Some(std::mem::replace(known, profile)),
        None => {
            profiles.push((graph, profile));
            None
        }
    };
    IS_ANY.store(true, Ordering::Release);
    drop(profiles);
    drop(before);
}

/// Counts the tasks that the driver of a call polls; none where nobody asked for it.
pub(crate) struct Calls(Option<Box<Call>>);

struct Call {
    announcer: Arc<Announcer>,
    graph: &'static Graph,
    /// The task that is being polled.
    polled: Option<usize>,
    /// The task that has returned, and of which nobody has said that it is done.
    returned: Option<usize>,
}

impl Calls {
    pub(crate) const NONE: Self = Self(None);

    #[inline]
    pub(crate) fn new(graph: &'static Graph, goal: impl FnOnce() -> Option<usize>) -> Self {
        if IS_ANY.load(Ordering::Acquire) { Self::find(graph, goal()) } else { Self::NONE }
    }

    #[cold]
    fn find(graph: &'static Graph, goal: Option<usize>) -> Self {
        let profiles = PROFILES.read().unwrap_or_else(PoisonError::into_inner);
        let profile = profiles.iter().find(|(known, _)| known.is_same(graph)).map(|(_, profile)| profile.clone());
        drop(profiles);
        let Some(profile) = profile else { return Self::NONE };
        let mut observers = Observers::default();
        observers.add(profile, &RunEvent { graph: Some(graph), goal });
        Self::of(Arc::new(Announcer::new(observers, graph)), graph)
    }

    fn of(announcer: Arc<Announcer>, graph: &'static Graph) -> Self {
        Self(Some(Box::new(Call { announcer, graph, polled: None, returned: None })))
    }

    /// Returns what workers tell of the tasks that they run.
    #[cfg(feature = "tokio")]
    pub(crate) fn announcer(&self) -> Option<Arc<Announcer>> {
        self.0.as_ref().map(|call| Arc::clone(&call.announcer))
    }

    /// Tells what the workers of the call tell, too.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn join(&mut self, announcer: Option<&Arc<Announcer>>) {
        if let (Some(call), Some(announcer)) = (&mut self.0, announcer) {
            if !Arc::ptr_eq(&call.announcer, announcer) {
                call.announcer = Arc::clone(announcer);
            }
        }
    }

    #[inline]
    pub(crate) fn open(&mut self, task: usize) {
        if let Some(call) = &mut self.0 {
            call.announcer.started(task);
        }
    }

    #[inline]
    pub(crate) fn enter<T>(&mut self, task: usize, poll: impl FnOnce() -> T) -> T {
        let Some(call) = &mut self.0 else { return poll() };
        call.polled = Some(task);
        let result = poll();
        call.polled = None;
        result
    }

    #[inline]
    pub(crate) fn returned(&mut self, task: usize) {
        if let Some(call) = &mut self.0 {
            call.returned = Some(task);
        }
    }

    #[inline]
    pub(crate) fn done(&mut self, task: usize) {
        if let Some(call) = &mut self.0 {
            call.announcer.finished(task, &Outcome::Done);
        }
    }

    pub(crate) fn failed(&mut self, task: usize) {
        if let Some(call) = &mut self.0 {
            call.fail(task);
        }
    }

    pub(crate) fn dropped(&mut self, task: usize) {
        if let Some(call) = &mut self.0 {
            call.announcer.finished(task, &Outcome::Cancelled);
        }
    }
}

impl Call {
    /// The error itself belongs to the caller.
    fn fail(&self, task: usize) {
        let error = TaskError::new(self.graph.nodes()[task].name, "the caller has the error".into());
        self.announcer.finished(task, &Outcome::Failed(error));
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let is_panicking = std::thread::panicking();
        // A failure ends a call on the spot.
        if let Some(failed) = self.returned.filter(|_| !is_panicking) {
            self.fail(failed);
        }
        self.announcer.cancel(self.polled.filter(|_| is_panicking));
    }
}

/// The calls of an inner graph, once the outer one has said whether its own are counted.
pub(crate) struct CallsInside(OnceLock<(Arc<Announcer>, &'static Graph)>);

impl CallsInside {
    pub(crate) fn new() -> Self {
        Self(OnceLock::new())
    }

    /// `known` are the inner tasks that the outer graph names, and how it numbers them.
    pub(crate) fn set(
        &self,
        outer: &Calls,
        object: usize,
        graph: fn() -> &'static Graph,
        known: impl FnOnce() -> Vec<(usize, usize)>,
    ) {
        if let Some(call) = &outer.0 {
            let graph = graph();
            _ = self.0.set((call.announcer.inside(object, graph, &known()), graph));
        }
    }

    pub(crate) fn calls(&self) -> Calls {
        self.0.get().map_or(Calls::NONE, |(announcer, graph)| Calls::of(Arc::clone(announcer), graph))
    }
}
