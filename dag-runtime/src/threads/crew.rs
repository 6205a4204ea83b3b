//! The bodies on other threads of a task that runs once for each element of a collection.
//!
//! The driver polls the *crew* as it polls a group of bodies of its own (`each`): the crew has the slot of the task in the
//! driver. Bodies run on *pickers*, each a task of tokio (or a call on a thread that may block). A picker takes an
//! element, runs its body, writes the result to its place in the task's cell, and goes on with the next element. There are
//! at most as many pickers as bodies may be under way, however many elements there are. A picker goes over the collection
//! for itself, since an element borrows from the cells and no other thread can hand it over.
//!
//! Pickers are hired as there is work for them. The crew hires two, one of which is *on call*: it waits in the runtime's
//! queue, where any thread that is free finds it. When it is polled and there are elements for more pickers, it hires some,
//! each time twice as many, and goes back to the end of the queue, rather than take an element: behind a body that keeps
//! its thread, no other thread could find what it has hired. So a free thread always finds a picker, and where one picker
//! takes all elements before any thread is free, there are only two.
//!
//! The crew and its pickers share the [`Rota`], which has one lock. Elements are taken in the order of their *places*: that
//! of the collection, or for a follower that in which the results of the other task came. Pickers take places below the
//! *frontier*, which only the crew moves:
//!
//! - Without a limit of the block or run, the frontier is behind the last element that is there. Pickers wake the driver
//!   only for a failure, for the end, or for the followers of the task.
//! - With a limit, the crew moves the frontier only as far as there are slots. Each end wakes the driver, which counts.
//!
//! After the first failure or panic the rota is closed: no body starts, no result is written, and the crew aborts its
//! pickers. It hands the failure to the driver once all of them are gone, so another attempt meets no body of this one.
//! Calls on threads that block cannot be aborted; the crew does not wait for them. One that waits for another attempt is
//! woken, and ends without it.
//!
//! A panic of a spawned body goes to the driver. In a call it takes the way over the desk, so that the call waits for all
//! spawned tasks.

mod picker;
mod rota;
mod stock;
mod wait;

use std::panic::resume_unwind;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use crate::cell::{EachCell, Followed};
use crate::each::{Group, Room};
use crate::lazy::AtGate;
use crate::observe::elements::ElementWatch;
use crate::observe::trace::Span;
use crate::schedule::limit::NO_LIMIT;
use crate::threads::team::Team;

pub use picker::Picker;
use rota::{Broken, Rota, wake};
pub use stock::{Shelf, Stock, Walk};
pub use wait::{Asking, asking_together};

/// How many bodies of a task are under way on other threads at most, if the task has no `max_concurrency`.
const PICKERS: usize = 64;

/// How many pickers the crew hires itself. The runtime may keep the last task that a thread has spawned for that thread, so
/// with two of them, another thread can take the first.
const FEW: usize = 2;

/// The function that puts a picker on the runtime. It belongs to the block, because a future cannot name its own type.
pub type Hire<O, C, F, const WORDS: usize> = fn(Picker<O, C, F, WORDS>, &Handle) -> AbortHandle;

/// The bodies of one task on other threads, as its driver sees them.
pub struct Crew<'c, O, C, F, S, T, const WORDS: usize> {
    team: Arc<Team<O, C, F, WORDS>>,
    task: usize,
    /// Where the results go: an element whose result is there needs no body.
    cell: &'c EachCell<T, C>,
    shelf: S,
    /// How many bodies may be under way, whatever room there is.
    limit: usize,
    hire: Hire<O, C, F, WORDS>,
    rota: Arc<Rota<F>>,
    /// How many bodies the scheduler counts: those under way, and those that may begin.
    under_way: usize,
    is_waiting: bool,
    /// No picker of an earlier crew of the task is left.
    is_alone: bool,
    is_blocking: bool,
    watch: ElementWatch,
    followers: &'static [usize],
    /// The failure that the keeper has, or why it does not have a result; with the index of the element.
    #[cfg(feature = "durable")]
    lost: Option<(usize, crate::error::ErrorSource)>,
}

impl<'c, O, C, F, T, const WORDS: usize> Crew<'c, O, C, F, usize, T, WORDS> {
    /// Makes the crew, and opens the cell for `count` results.
    pub fn new(
        (team, task): (&Arc<Team<O, C, F, WORDS>>, usize),
        cell: &'c EachCell<T, C>,
        count: usize,
        limit: Option<usize>,
        hire: Hire<O, C, F, WORDS>,
    ) -> Self {
        Self::over((team, task), cell, (count, count), limit, hire)
    }
}

impl<'c, O, C, F, G, T, const WORDS: usize> Crew<'c, O, C, F, Followed<'c, G, C>, T, WORDS> {
    /// Makes the crew of a follower, and opens the cell for its results.
    pub fn following(
        (team, task): (&Arc<Team<O, C, F, WORDS>>, usize),
        cell: &'c EachCell<T, C>,
        elements: Followed<'c, G, C>,
        limit: Option<usize>,
        hire: Hire<O, C, F, WORDS>,
    ) -> Self {
        let count = elements.count();
        Self::over((team, task), cell, (elements, count), limit, hire)
    }
}

impl<'c, O, C, F, S: Shelf, T, const WORDS: usize> Crew<'c, O, C, F, S, T, WORDS> {
    fn over(
        (team, task): (&Arc<Team<O, C, F, WORDS>>, usize),
        cell: &'c EachCell<T, C>,
        (shelf, count): (S, usize),
        limit: Option<usize>,
        hire: Hire<O, C, F, WORDS>,
    ) -> Self {
        cell.open(count);
        let limit = limit.unwrap_or(PICKERS).min(count).max(1);
        Self {
            team: Arc::clone(team),
            task,
            cell,
            shelf,
            limit,
            hire,
            rota: Arc::new(Rota::new(count, limit)),
            under_way: 0,
            is_waiting: false,
            is_alone: false,
            is_blocking: false,
            watch: ElementWatch::NONE,
            followers: &[],
            #[cfg(feature = "durable")]
            lost: None,
        }
    }

    /// Names the tasks that run for the results of this task, or for theirs: they get slots first.
    #[must_use]
    pub fn leading(mut self, followers: &'static [usize]) -> Self {
        self.followers = followers;
        self
    }

    /// Hires threads that may block.
    #[must_use]
    pub fn blocking(mut self) -> Self {
        self.is_blocking = true;
        self
    }

    /// Lets as many bodies begin as there is room for. Returns how many pickers must be hired, whether the first of them is
    /// on call, and which must be woken; or nothing if no body comes any more.
    fn plan(&mut self, room: Room) -> Option<(usize, bool, Vec<Waker>)> {
        let mut rota = self.rota.lock();
        let is_limited = room.bodies != NO_LIMIT;
        rota.tells_ends = is_limited || !self.followers.is_empty();
        if room.bodies <= rota.under_way {
            // The slots of bodies that have not begun are for others.
            rota.frontier = rota.next;
            rota.open = 0;
        }
        let mut bodies = if is_limited { self.limit.min(room.bodies) } else { NO_LIMIT };
        if rota.gate == AtGate::Owes {
            // A body begins only in a slot, and this group has one too few.
            bodies = bodies.min(rota.committed());
        }
        while rota.committed() < bodies && rota.frontier < rota.count {
            let Some(index) = self.shelf.index_at(rota.frontier) else { break };
            rota.frontier += 1;
            rota.open += usize::from(!self.cell.has(index));
        }
        self.under_way = rota.committed();
        let has_more = rota.frontier < rota.count && self.shelf.index_at(rota.frontier).is_some();
        self.is_waiting = is_limited && has_more && (room.bodies..self.limit).contains(&self.under_way);
        if rota.is_over() && self.shelf.is_over() {
            return None;
        }
        let is_on_call = !self.is_blocking && !rota.has_on_call && rota.wanted() > FEW;
        let hired = if rota.has_on_call { 0 } else { rota.wanted().min(if is_on_call { FEW } else { self.limit }) };
        rota.has_on_call |= is_on_call;
        rota.enter(hired);
        let asleep = rota.idle.len().saturating_sub(rota.open);
        let woken = rota.idle.split_off(asleep);
        Some((hired, is_on_call, woken.into_iter().map(|(_, waker)| waker).collect()))
    }

    /// Ends with what broke off the work, once all pickers are gone.
    #[cold]
    fn end<B>(&mut self, sink: &mut impl FnMut(usize, F) -> Result<(), B>) -> Poll<Result<(), B>> {
        self.team.dismiss(self.task);
        let broken = {
            let mut rota = self.rota.lock();
            self.under_way = rota.under_way;
            self.is_waiting = false;
            if rota.present > 0 && !self.is_blocking {
                return Poll::Pending;
            }
            rota.broken.take()
        };
        match broken {
            Some(Broken::Failed(index, failure)) => Poll::Ready(sink(index, failure)),
            #[cfg(feature = "durable")]
            Some(Broken::Kept(index, source)) => {
                self.lost = Some((index, source));
                Poll::Ready(Ok(()))
            }
            Some(Broken::Panicked(payload)) if self.team.is_of_call() && !self.is_blocking => {
                // The call resumes it once all other spawned tasks are gone, too.
                self.team.panic(self.task, payload);
                Poll::Pending
            }
            Some(Broken::Panicked(payload)) => resume_unwind(payload),
            Some(Broken::Lost) | None => {
                let name = self.team.name(self.task);
                panic!("task `{name}` is lost: the tokio runtime it was spawned on has shut down");
            }
        }
    }
}

impl<O, C, F, S: Shelf, T, const WORDS: usize> Group for Crew<'_, O, C, F, S, T, WORDS> {
    type Output = F;

    fn poll_bodies<B>(
        &mut self,
        cx: &mut Context<'_>,
        room: Room,
        sink: &mut impl FnMut(usize, F) -> Result<(), B>,
    ) -> Poll<Result<(), B>> {
        if self.rota.register(cx.waker()) {
            return self.end(sink);
        }
        if !self.is_alone {
            if !self.is_blocking && self.team.has_picker(self.task, cx.waker()) {
                return Poll::Pending;
            }
            self.is_alone = true;
        }
        let Some((hired, is_on_call, woken)) = self.plan(room) else { return Poll::Ready(Ok(())) };
        wake(woken);
        let span = Span::current();
        let pickers = (0..hired).map(|number| {
            let (team, rota) = (Arc::clone(&self.team), Arc::clone(&self.rota));
            let around = (span.clone(), self.watch.clone());
            let picker = Picker::new(team, rota, (self.task, self.hire), around, self.is_blocking);
            if is_on_call && number == 0 { picker.on_call() } else { picker }
        });
        pickers.collect::<Vec<_>>().into_iter().for_each(Picker::start);
        Poll::Pending
    }

    fn watch(&mut self, watch: ElementWatch) {
        self.watch = watch;
    }

    fn dismiss(&mut self, cx: &mut Context<'_>) -> bool {
        let left = self.rota.close();
        self.team.dismiss(self.task);
        drop(left);
        !self.team.has_picker(self.task, cx.waker())
    }

    fn gate(&self) -> AtGate {
        self.rota.lock().gate
    }

    fn open(&mut self) {
        self.rota.open();
    }

    fn under_way(&self) -> usize {
        self.under_way
    }

    fn is_waiting(&self) -> bool {
        self.is_waiting
    }

    fn is_follower(&self) -> bool {
        S::FOLLOW
    }

    fn followers(&self) -> &'static [usize] {
        self.followers
    }
}

#[cfg(feature = "durable")]
impl<O, C, F, S: Shelf, T, const WORDS: usize> crate::each::KeptBodies for Crew<'_, O, C, F, S, T, WORDS> {
    type Result = F;

    fn poll_kept<B>(
        &mut self,
        cx: &mut Context<'_>,
        room: Room,
        sink: &mut impl FnMut(usize, Result<F, crate::error::ErrorSource>) -> Result<(), B>,
    ) -> Poll<Result<(), B>> {
        let ended = std::task::ready!(self.poll_bodies(cx, room, &mut |index, failure| sink(index, Ok(failure))));
        match self.lost.take() {
            Some((index, source)) => Poll::Ready(sink(index, Err(source))),
            None => Poll::Ready(ended),
        }
    }

    fn count(&self) -> usize {
        self.cell.count()
    }
}

impl<O, C, F, S, T, const WORDS: usize> Drop for Crew<'_, O, C, F, S, T, WORDS> {
    fn drop(&mut self) {
        let left = self.rota.close();
        self.team.dismiss(self.task);
        // A failure that nobody has seen may panic when it is dropped.
        drop(left);
    }
}

/// Nothing in a crew is pinned.
impl<O, C, F, S, T, const WORDS: usize> Unpin for Crew<'_, O, C, F, S, T, WORDS> {}
