//! Bodies on other threads that wait for themselves.
//!
//! A thread marks which task of which run it polls, and with which waker. A future that waits for the run and is polled
//! with that waker is inside the task. If a poll of the body has left such futures on the board, the thread polls the body
//! once more with a new waker, the [`Probe`]. If all clones of that waker are on the board after this poll, the body waits
//! for those goals and for nothing else, until its next poll. Only then the thread notes it on the board, and the driver
//! reads the note. The note says nothing any more once one of the goals is reached: the body may continue then.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::task::{Context, Poll, Wake, Waker};

use super::Board;
use crate::cell::frame::BoardShare;
use crate::run::notices::{Notices, Place, Waiter};

thread_local! {
    static POLLED: Cell<Polled> = const { Cell::new(Polled::NOTHING) };
    static LEFT: RefCell<Vec<Left>> = const { RefCell::new(Vec::new()) };
}

/// The body that a thread polls.
#[derive(Clone, Copy)]
struct Polled {
    board: usize,
    waker: usize,
    task: usize,
    has_left: bool,
}

impl Polled {
    const NOTHING: Self = Self { board: 0, waker: 0, task: 0, has_left: false };
}

/// A place that a body has left its waker in during the current poll.
struct Left {
    board: Arc<dyn Notes>,
    waker: usize,
    task: usize,
    place: usize,
}

/// A board without its size.
trait Notes: Send + Sync {
    /// Notes what the body of a task waits for. `places` are those that it has left during a poll with a probe.
    fn settle(&self, places: &[usize], task: usize, probe: &Probe) -> bool;

    /// Removes the notes of a task.
    fn forget(&self, task: usize);
}

impl<const WORDS: usize> Notes for BoardShare<Board<WORDS>> {
    fn settle(&self, places: &[usize], task: usize, probe: &Probe) -> bool {
        let mut notices = self.lock();
        let is_left = |&place: &usize| {
            let waker = notices.waiters.get(place).and_then(Waiter::waker);
            waker.is_some_and(|waker| waker.will_wake(&probe.waker))
        };
        let mut places: Vec<_> = places.iter().copied().filter(is_left).collect();
        places.sort_unstable();
        places.dedup();
        if places.is_empty() || probe.clones() != Some(places.len()) {
            places.clear();
        }
        notices.forget_task(task, &places);
        let is_news = notices.note_elsewhere(&places, task);
        drop(notices);
        if is_news {
            self.look_again();
        }
        !places.is_empty()
    }

    fn forget(&self, task: usize) {
        self.lock().forget_task(task, &[]);
    }
}

/// The waker of a poll that finds out what a body waits for.
struct Probe {
    seen: Arc<Seen>,
    waker: Waker,
}

struct Seen {
    is_woken: AtomicBool,
    waker: Waker,
}

impl Wake for Seen {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Before the clone goes that was counted.
        self.is_woken.store(true, Ordering::Release);
        self.waker.wake_by_ref();
    }
}

impl Probe {
    fn new(waker: &Waker) -> Self {
        let seen = Arc::new(Seen { is_woken: AtomicBool::new(false), waker: waker.clone() });
        Self { waker: Waker::from(Arc::clone(&seen)), seen }
    }

    /// Returns how many clones others have, unless the body has been woken.
    fn clones(&self) -> Option<usize> {
        // The probe itself has two.
        let clones = Arc::strong_count(&self.seen) - 2;
        fence(Ordering::Acquire);
        (!self.seen.is_woken.load(Ordering::Acquire)).then_some(clones)
    }
}

/// The run of the bodies on other threads.
#[derive(Clone)]
pub(crate) struct Home<const WORDS: usize>(BoardShare<Board<WORDS>>);

impl<const WORDS: usize> Home<WORDS> {
    pub(crate) fn new(board: &BoardShare<Board<WORDS>>) -> Self {
        Self(board.clone())
    }

    /// Returns the mark of a task.
    pub(crate) fn mark(&self, task: usize) -> Mark {
        Mark { board: std::ptr::from_ref::<Board<WORDS>>(&self.0).addr(), task, noted: None }
    }
}

/// What a thread knows while it polls a body. The home outlives it, so no other board has the address.
pub(crate) struct Mark {
    /// The address, or 0 for a body of no run.
    board: usize,
    task: usize,
    /// The board that has notes of the task.
    noted: Option<Arc<dyn Notes>>,
}

impl Mark {
    pub(crate) const NONE: Self = Self { board: 0, task: 0, noted: None };

    /// Polls a body of this mark, which does not panic.
    #[inline]
    pub(crate) fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        if self.board == 0 {
            return poll(cx);
        }
        let (result, has_left) = self.poll_marked(cx, &mut poll);
        if !has_left && self.noted.is_none() {
            return result;
        }
        let is_probed = has_left && result.is_pending();
        self.take_left(cx.waker());
        if is_probed { self.probe(cx, &mut poll) } else { self.unnoted(result) }
    }

    /// Returns the result of a poll, and whether it has left places.
    #[inline]
    fn poll_marked<T>(
        &self,
        cx: &mut Context<'_>,
        poll: &mut impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> (Poll<T>, bool) {
        let polled = Polled { board: self.board, waker: address(cx.waker()), task: self.task, has_left: false };
        let before = POLLED.replace(polled);
        let result = poll(cx);
        (result, POLLED.replace(before).has_left)
    }

    /// Polls a body once more to find out what it waits for.
    #[cold]
    fn probe<T>(&mut self, cx: &Context<'_>, poll: &mut impl FnMut(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
        let probe = Probe::new(cx.waker());
        let (result, _) = self.poll_marked(&mut Context::from_waker(&probe.waker), poll);
        let left = self.take_left(&probe.waker);
        if let (Poll::Pending, Some(Left { board, .. })) = (&result, left.first()) {
            let places: Vec<_> = left.iter().map(|left| left.place).collect();
            let is_noted = board.settle(&places, self.task, &probe);
            self.noted = is_noted.then(|| Arc::clone(board));
            return result;
        }
        self.unnoted(result)
    }

    /// Removes the notes of a body that may be woken by something else than its goals now.
    #[cold]
    fn unnoted<T>(&mut self, result: Poll<T>) -> Poll<T> {
        if let Some(noted) = self.noted.take() {
            noted.forget(self.task);
        }
        result
    }

    /// Returns the places that the body has left in a poll with a waker.
    fn take_left(&self, waker: &Waker) -> Vec<Left> {
        let is_own = |left: &Left| left.task == self.task && left.waker == address(waker);
        let (own, others) = LEFT.take().into_iter().partition(is_own);
        LEFT.set(others);
        own
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        if let Some(noted) = self.noted.take() {
            noted.forget(self.task);
        }
    }
}

fn address(waker: &Waker) -> usize {
    waker.data().addr()
}

impl<const WORDS: usize> Board<WORDS> {
    /// Returns whether a body of the run on another thread waits with this waker, while that thread polls it.
    #[inline(never)]
    pub(super) fn is_polled_elsewhere(&self, waker: &Waker) -> bool {
        let polled = POLLED.get();
        polled.board == std::ptr::from_ref(self).addr() && polled.waker == address(waker)
    }

    /// Has the thread that polls the body look after the poll whether it still waits in this place.
    #[cold]
    pub(crate) fn leave_elsewhere(board: BoardShare<Self>, place: &mut Place, waker: &Waker) {
        // It must read the board in each poll, so that each poll is noticed.
        place.is_known = false;
        let Some(place) = place.index.filter(|_| board.is_polled_elsewhere(waker)) else { return };
        let mut polled = POLLED.get();
        polled.has_left = true;
        POLLED.set(polled);
        let board: Arc<dyn Notes> = Arc::new(board);
        LEFT.with_borrow_mut(|left| left.push(Left { board, waker: polled.waker, task: polled.task, place }));
    }
}

impl<const WORDS: usize> Notices<WORDS> {
    /// Forgets that a future is inside another task than the one that this thread polls.
    #[cold]
    pub(super) fn keep_own_note(&mut self, place: &Place) {
        let task = POLLED.get().task;
        let is_other = |index| self.inside.iter().any(|inside| inside.place == index && inside.task != task);
        if let Some(index) = place.index.filter(|&index| is_other(index)) {
            self.forget(index);
        }
    }
}
