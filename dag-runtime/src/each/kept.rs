//! The bodies of a wide task in a durable block.
//!
//! The future of each body gives its result to the keeper (`durable/keeping.rs`), under a name such as `pages[3]`. When
//! all results are kept, the group keeps how many there are, under the name of the task. So the next life of the run
//! knows that the task is done without a look at its collection, and a task that was interrupted has no such entry.
//!
//! If a failure of the task was stored, no body starts.
//!
//! A run that has the body for one element only keeps no number of results.

use std::task::{Context, Poll, ready};

use super::{Each, Elements, Group, Only, Room};
use crate::attempt::Attempts;
use crate::durable::{Keeps, KeptTask, count_in};
use crate::error::ErrorSource;
use crate::lazy::AtGate;
use crate::observe::elements::ElementWatch;

/// Bodies whose results may be lost on their way to the keeper.
pub trait KeptBodies: Group {
    /// What a body returns.
    type Result;

    /// [`poll_bodies`](Group::poll_bodies), where the sink also gets why a result is lost.
    #[doc(hidden)]
    fn poll_kept<B>(
        &mut self,
        cx: &mut Context<'_>,
        room: Room,
        sink: &mut impl FnMut(usize, Result<Self::Result, ErrorSource>) -> Result<(), B>,
    ) -> Poll<Result<(), B>>;

    /// Returns the number of elements.
    fn count(&self) -> usize;
}

impl<E: Elements, F, R, S, T, C> KeptBodies for Each<'_, E, F, S, T, C, Result<R, ErrorSource>>
where
    F: Future<Output = Result<R, ErrorSource>>,
    S: FnMut(usize, E::Element) -> F,
{
    type Result = R;

    fn poll_kept<B>(
        &mut self,
        cx: &mut Context<'_>,
        room: Room,
        sink: &mut impl FnMut(usize, Result<R, ErrorSource>) -> Result<(), B>,
    ) -> Poll<Result<(), B>> {
        self.poll_bodies(cx, room, sink)
    }

    fn count(&self) -> usize {
        self.cell.count()
    }
}

/// The bodies, and what the keeper gets when all have ended.
pub struct KeptGroup<G> {
    bodies: G,
    end: End,
}

enum End {
    /// The run has no keeper, or it has the number of results already, or must not have it.
    Known,
    /// The task has a stored failure, or no such element; taken when it is told. With the index of the element.
    Failed(Option<(usize, ErrorSource)>),
    /// The bodies have not ended.
    Unkept(KeptTask),
    Keeps(KeptTask, Keeps),
}

impl<G: KeptBodies> KeptGroup<G> {
    /// Makes the group; `attempts` is the reporter of the task as a whole.
    #[expect(clippy::needless_pass_by_value, reason = "the bodies have the reporter of the caller")]
    pub fn new(attempts: Attempts, bodies: G) -> Self {
        let (only, known) = (attempts.only(), attempts.seed());
        let is_known = matches!(&known, Some(Ok(stored)) if count_in(stored) == Some(bodies.count()));
        let end = match (known, attempts.kept_task()) {
            (Some(Err(error)), _) => End::Failed(Some((error.index().unwrap_or(0), error.into_named()))),
            _ if only != Only::ALL && bodies.count() == 0 => {
                End::Failed(Some((0, "its collection has no element with this index".into())))
            }
            _ if only != Only::ALL => End::Known,
            (_, Some(task)) if !is_known => End::Unkept(task),
            _ => End::Known,
        };
        Self { bodies, end }
    }
}

impl<G: KeptBodies> Group for KeptGroup<G> {
    type Output = Result<G::Result, ErrorSource>;

    fn poll_bodies<B>(
        &mut self,
        cx: &mut Context<'_>,
        room: Room,
        sink: &mut impl FnMut(usize, Self::Output) -> Result<(), B>,
    ) -> Poll<Result<(), B>> {
        loop {
            match &mut self.end {
                End::Known => return self.bodies.poll_kept(cx, room, sink),
                End::Failed(failure) => {
                    let failure = failure.take();
                    let (index, source) = failure.unwrap_or_else(|| unreachable!("a failure ends its task"));
                    return Poll::Ready(sink(index, Err(source)));
                }
                End::Unkept(task) => {
                    let ended = ready!(self.bodies.poll_kept(cx, room, sink));
                    if ended.is_err() {
                        return Poll::Ready(ended);
                    }
                    let task = task.clone();
                    let keeps = task.keep_whole(self.bodies.count());
                    self.end = End::Keeps(task, keeps);
                }
                End::Keeps(task, keeps) => {
                    return Poll::Ready(match ready!(keeps.as_mut().poll(cx)) {
                        Ok(()) => Ok(()),
                        Err(source) => sink(0, Err(task.lose(source))),
                    });
                }
            }
        }
    }

    fn watch(&mut self, watch: ElementWatch) {
        self.bodies.watch(watch);
    }

    fn dismiss(&mut self, cx: &mut Context<'_>) -> bool {
        self.bodies.dismiss(cx)
    }

    fn gate(&self) -> AtGate {
        self.bodies.gate()
    }

    fn open(&mut self) {
        self.bodies.open();
    }

    fn under_way(&self) -> usize {
        self.bodies.under_way()
    }

    fn is_waiting(&self) -> bool {
        self.bodies.is_waiting()
    }

    fn is_follower(&self) -> bool {
        self.bodies.is_follower()
    }

    fn followers(&self) -> &'static [usize] {
        self.bodies.followers()
    }
}

/// Returns what broke off the work as the failure of a body, or as a result that is lost.
///
/// # Errors
/// If a result is lost.
pub fn kept_group<E>(ended: Result<(), Result<E, ErrorSource>>) -> Result<Result<(), E>, ErrorSource> {
    match ended {
        Ok(()) => Ok(Ok(())),
        Err(Ok(error)) => Ok(Err(error)),
        Err(Err(source)) => Err(source),
    }
}
