//! A task that runs once for each element of a collection.
//!
//! The group of its bodies, [`Each`], lies in the one slot that the driver has for the task. Before each poll, the
//! scheduler says how many bodies may be under way ([`Room`]); after it, the scheduler asks how many are. A poll goes on
//! with the bodies under way, then starts bodies for more elements, and gives each result to a *sink*, which writes it
//! into the task's cell (`cell/each.rs`). The group is ready when the sink refuses a result, or when all results are
//! there; then the driver drops it, and with it all other bodies.
//!
//! Bodies lie in places that stay where they are (`cell/places.rs`). A body that ends frees its place for the next
//! element. Places are reused in the order in which they became free: so a wake that comes late seldom meets another
//! body.
//!
//! If at most [`POLLED_TOGETHER`] bodies can be under way at once, each poll polls all of them with the waker of the
//! task, as `join!` does. Otherwise each place has its own waker (`wakers.rs`), and a poll polls only the bodies that
//! were woken. Such a poll visits no more of them if many bodies woke themselves: all of them may wait for tokio's budget,
//! and each further body would be polled in vain, in every poll again. It starts bodies for a few more elements in any
//! case, so bodies that wake themselves for a long time do not keep the others from starting. Any poll stops after many
//! ends, so that others get a turn.
//!
//! In both cases the group wakes the task, and its next poll continues where this one stopped.
//!
//! A poll that has spent tokio's budget makes the next one begin with another body: bodies take turns, too.
//!
//! The elements of a *follower* are the results of another such task, which *leads*. Its cell knows which results are
//! there, and in which order they came; the group continues after the last one that it has read. The driver visits the
//! followers of a task after each poll of it. So a body starts in the poll in which its element is there. A group is over
//! when it has had all elements and the task that leads is done. If that task fails, the scheduler gives the group no more
//! room, and drops it when its bodies have ended.
//!
//! Bodies on other threads have a crew in the place of such a group (`threads/crew.rs`).
//!
//! If somebody watches, a group notes in each place the element that its body is for, and tells of its start and its end
//! (`observe/elements.rs`).

mod elements;
#[cfg(feature = "durable")]
mod kept;
#[cfg(feature = "durable")]
mod only;
mod wakers;

use std::collections::VecDeque;
use std::ops::Range;
use std::task::{Context, Poll, Waker};

use crate::cell::{EachCell, Followed, Places};
use crate::lazy::AtGate;
use crate::observe::elements::{ElementWatch, WatchedElement};
use crate::schedule::is_budget_spent;
pub use elements::{Counted, Elements, IterateByReference, TakeElement, take_element};
#[cfg(feature = "durable")]
pub use kept::{KeptBodies, KeptGroup, kept_group};
#[cfg(feature = "durable")]
pub use only::{Among, Only};
use wakers::PlaceWakers;

/// If at most this many bodies can be under way, a wake polls all of them.
const POLLED_TOGETHER: usize = 32;

/// A poll visits no more woken bodies after this many that woke themselves, and starts no more after this many.
const RESTLESS: usize = 32;

/// A poll stops after this many ends.
const ENDS: usize = 1024;

/// What a poll of a group may do.
#[derive(Clone, Copy)]
pub struct Room {
    /// How many bodies may be under way. More are allowed if they are already.
    pub(crate) bodies: usize,
    /// The bodies under way have been polled in this pass already.
    pub(crate) only_starts: bool,
}

/// The bodies of a task that runs once for each element, as the schedulers see them.
pub trait Group: Unpin {
    /// What a body returns.
    type Output;

    /// Polls the bodies under way, and starts more. The sink gets each result with the index of its element.
    #[doc(hidden)]
    fn poll_bodies<B>(
        &mut self,
        cx: &mut Context<'_>,
        room: Room,
        sink: &mut impl FnMut(usize, Self::Output) -> Result<(), B>,
    ) -> Poll<Result<(), B>>;

    /// Has the group tell of its elements. Is called before the first poll.
    #[doc(hidden)]
    fn watch(&mut self, watch: ElementWatch);

    /// Stops the bodies on other threads, before the group is dropped. Returns whether they are gone; if not, the last one to
    /// go wakes the waker.
    #[doc(hidden)]
    fn dismiss(&mut self, cx: &mut Context<'_>) -> bool;

    /// Returns whether bodies on other threads have lent a slot, or need it back.
    #[doc(hidden)]
    fn gate(&self) -> AtGate;

    /// Lets bodies on other threads go on; the group has its slot again.
    #[doc(hidden)]
    fn open(&mut self);

    /// Returns how many bodies are under way.
    fn under_way(&self) -> usize;

    /// Returns whether more bodies would be under way if there were more room.
    fn is_waiting(&self) -> bool;

    /// Returns whether the elements are the results of another such task.
    fn is_follower(&self) -> bool;

    /// Returns the tasks that run for the results of this task, or for theirs.
    fn followers(&self) -> &'static [usize];
}

/// The bodies of such a task.
pub struct Each<'c, E, F, S, T, C, R> {
    /// Where the results go: an element whose result is there needs no body.
    cell: &'c EachCell<T, C>,
    elements: E,
    start: S,
    /// How many bodies may be under way, whatever room there is.
    limit: usize,
    /// The bodies, each with the index of its element.
    bodies: Places<F>,
    /// How many places have been used.
    used: usize,
    /// The places that were used and are free again.
    free: VecDeque<usize>,
    under_way: usize,
    is_waiting: bool,
    wakers: Option<PlaceWakers>,
    followers: &'static [usize],
    /// If the last poll spent the budget of the executor: the place of the body that it polled first. The next poll begins with
    /// the place after that, as the tasks of a graph take turns (`schedule/wakers.rs`).
    tired_from: Option<usize>,
    /// Whether a result is the failure of a body of a task with `catch`. With `F::Output` in place of `R`, rustc would not see
    /// that the driver is `Send`.
    is_err: Option<fn(&R) -> bool>,
    /// Present if somebody watches.
    watching: Option<Box<Watching>>,
}

/// The elements of bodies, by place.
struct Watching {
    watch: ElementWatch,
    elements: Vec<Option<WatchedElement>>,
}

impl<'c, I: Iterator, F, S: FnMut(usize, I::Item) -> F, T, C, R> Each<'c, Counted<I>, F, S, T, C, R>
where
    F: Future<Output = R>,
{
    /// Makes the group, and opens the cell for the results. `elements` iterates over the collection, each time from its
    /// beginning; `start` makes the body for an element.
    pub fn new(cell: &'c EachCell<T, C>, elements: impl Fn() -> I, limit: Option<usize>, start: S) -> Self {
        let count = elements().count();
        Self::over(cell, (Counted::new(elements(), count), count), limit, start)
    }
}

impl<'c, G, F, S: FnMut(usize, &'c G) -> F, T, C, R> Each<'c, Followed<'c, G, C>, F, S, T, C, R>
where
    F: Future<Output = R>,
{
    /// Makes the group of a follower, and opens the cell for its results.
    pub fn following(cell: &'c EachCell<T, C>, elements: Followed<'c, G, C>, limit: Option<usize>, start: S) -> Self {
        let count = elements.count();
        Self::over(cell, (elements, count), limit, start)
    }
}

impl<'c, E: Elements, F: Future<Output = R>, S: FnMut(usize, E::Element) -> F, T, C, R> Each<'c, E, F, S, T, C, R> {
    fn over(cell: &'c EachCell<T, C>, (elements, count): (E, usize), limit: Option<usize>, start: S) -> Self {
        cell.open(count);
        let limit = limit.unwrap_or(count).min(count).max(1);
        Self {
            cell,
            elements,
            start,
            limit,
            bodies: Places::new(),
            used: 0,
            free: VecDeque::with_capacity(limit.min(POLLED_TOGETHER)),
            under_way: 0,
            is_waiting: false,
            wakers: (limit > POLLED_TOGETHER).then(PlaceWakers::new),
            followers: &[],
            tired_from: None,
            is_err: None,
            watching: None,
        }
    }

    /// Names the tasks that run for the results of this task, or for theirs: they get slots first.
    #[must_use]
    pub fn leading(self, followers: &'static [usize]) -> Self {
        Self { followers, ..self }
    }

    /// Tells observers whether the body of a task with `catch` has failed.
    #[must_use]
    pub fn catching(self, is_err: fn(&R) -> bool) -> Self {
        Self { is_err: Some(is_err), ..self }
    }

    /// Returns the next element that needs a body.
    fn next(&mut self) -> Option<(usize, E::Element)> {
        loop {
            let (index, element) = self.elements.next()?;
            if !self.cell.has(index) {
                return Some((index, element));
            }
        }
    }

    /// Starts a body in a free place. Returns the place.
    fn start(&mut self, index: usize, element: E::Element) -> usize {
        let place = self.free.pop_front().unwrap_or_else(|| {
            let place = self.used;
            if place == self.bodies.count() {
                self.bodies.grow(self.limit - place);
            }
            self.used += 1;
            place
        });
        let Self { start, watching, .. } = self;
        let body = match watching {
            Some(watching) => watching.begin(place, index, || start(index, element)),
            None => start(index, element),
        };
        self.bodies.set(place, index, body);
        self.under_way += 1;
        place
    }
}

impl<E: Elements, F, S: FnMut(usize, E::Element) -> F, T, C, R> Group for Each<'_, E, F, S, T, C, R>
where
    F: Future<Output = R>,
{
    type Output = R;

    fn poll_bodies<B>(
        &mut self,
        cx: &mut Context<'_>,
        room: Room,
        sink: &mut impl FnMut(usize, Self::Output) -> Result<(), B>,
    ) -> Poll<Result<(), B>> {
        let mut turn = Turn::default();
        let (had_budget, mut first) = (!is_budget_spent(), None);
        if !room.only_starts {
            let mut places = self.woken_places(cx.waker());
            while !turn.is_over() {
                let Some(place) = self.next_woken(&mut places) else { break };
                first.get_or_insert(place);
                if let Err(failure) = self.step(place, cx, sink, &mut turn) {
                    return Poll::Ready(Err(failure));
                }
            }
        }
        let is_cut_short = turn.is_over();
        // Bodies that wake themselves again and again do not keep others from starting.
        turn.restless = 0;
        let bodies = self.limit.min(room.bodies);
        while self.under_way < bodies && !self.elements.is_over() && !turn.is_over() {
            let Some((index, element)) = self.next() else { break };
            let place = self.start(index, element);
            if let Err(failure) = self.step(place, cx, sink, &mut turn) {
                return Poll::Ready(Err(failure));
            }
        }
        if self.under_way == 0 && self.elements.is_over() {
            // The group may be kept longer than its bodies.
            self.is_waiting = false;
            return Poll::Ready(Ok(()));
        }
        self.is_waiting = self.elements.has_next() && (room.bodies..self.limit).contains(&self.under_way);
        // A poll in vain is nobody's turn.
        if had_budget && !room.only_starts {
            self.tired_from = first.filter(|_| self.under_way > 1 && is_budget_spent());
        }
        if is_cut_short || turn.is_over() {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    fn watch(&mut self, watch: ElementWatch) {
        self.watching = (!watch.is_none()).then(|| Box::new(Watching { watch, elements: Vec::new() }));
    }

    fn dismiss(&mut self, _: &mut Context<'_>) -> bool {
        true
    }

    fn gate(&self) -> AtGate {
        AtGate::Held
    }

    fn open(&mut self) {}

    fn under_way(&self) -> usize {
        self.under_way
    }

    fn is_waiting(&self) -> bool {
        self.is_waiting
    }

    fn is_follower(&self) -> bool {
        E::FOLLOW
    }

    fn followers(&self) -> &'static [usize] {
        self.followers
    }
}

/// What a poll has done so far.
#[derive(Default)]
struct Turn {
    ends: usize,
    /// The bodies that woke themselves.
    restless: usize,
}

impl Turn {
    /// Returns whether others should get a turn.
    fn is_over(&self) -> bool {
        self.ends >= ENDS || self.restless >= RESTLESS
    }
}

impl<E, F: Future<Output = R>, S, T, C, R> Each<'_, E, F, S, T, C, R> {
    /// Begins a poll. Returns the places to look at, if bodies have no wakers of their own.
    fn woken_places(&mut self, parent: &Waker) -> Range<usize> {
        match &mut self.wakers {
            Some(wakers) => {
                wakers.begin(parent, self.tired_from);
                0..0
            }
            None => 0..self.used,
        }
    }

    /// Returns the next place to poll: of a body that was woken, or of the next body.
    #[inline]
    fn next_woken(&mut self, places: &mut Range<usize>) -> Option<usize> {
        loop {
            let place = match &mut self.wakers {
                Some(wakers) => wakers.next_woken()?,
                None => match self.tired_from {
                    None => places.next()?,
                    Some(first) => (places.next()? + first + 1) % self.used,
                },
            };
            // A wake may be one of an earlier body.
            if self.bodies.is_taken(place) {
                return Some(place);
            }
        }
    }

    /// Polls the body in a place.
    #[inline]
    fn step<B>(
        &mut self,
        place: usize,
        cx: &mut Context<'_>,
        sink: &mut impl FnMut(usize, R) -> Result<(), B>,
        turn: &mut Turn,
    ) -> Result<(), B> {
        let Self { wakers, bodies, watching, .. } = self;
        let mut poll = || match wakers {
            Some(wakers) => bodies.poll(place, &mut Context::from_waker(&wakers.waker(place))),
            None => bodies.poll(place, cx),
        };
        let result = match watching {
            Some(watching) => watching.enter(place, poll),
            None => poll(),
        };
        match result {
            Poll::Ready(output) => {
                self.under_way -= 1;
                self.free.push_back(place);
                turn.ends += 1;
                match &mut self.watching {
                    None => sink(self.bodies.index(place), output),
                    Some(watching) => {
                        let is_err = self.is_err.is_some_and(|is_err| is_err(&output));
                        watching.note_err(place, is_err);
                        let result = sink(self.bodies.index(place), output);
                        watching.end(place, result.is_ok());
                        result
                    }
                }
            }
            Poll::Pending => {
                let is_restless = self.wakers.as_ref().is_some_and(|wakers| wakers.is_woken(place));
                turn.restless += usize::from(is_restless);
                Ok(())
            }
        }
    }
}

impl Watching {
    /// Makes the body for an element in a place.
    #[cold]
    fn begin<F>(&mut self, place: usize, index: usize, start: impl FnOnce() -> F) -> F {
        let length = self.elements.len().max(place + 1);
        self.elements.resize_with(length, || None);
        self.elements[place] = self.watch.begin(index);
        self.enter(place, start)
    }

    /// Polls the body in a place.
    #[cold]
    fn enter<T>(&mut self, place: usize, poll: impl FnOnce() -> T) -> T {
        match &mut self.elements[place] {
            Some(element) => element.enter(poll),
            None => poll(),
        }
    }

    /// Notes whether the result of the body in a place is a failure that is a value.
    #[cold]
    fn note_err(&mut self, place: usize, is_err: bool) {
        if let Some(element) = &mut self.elements[place] {
            element.note_err(is_err);
        }
    }

    /// Tells that the body in a place has returned a value, or the failure of its task.
    #[cold]
    fn end(&mut self, place: usize, is_done: bool) {
        if let Some(element) = Option::take(&mut self.elements[place]) {
            element.returned(is_done);
        }
    }
}

/// The bodies are pinned where they are; nothing else in a group is.
impl<E, F, S, T, C, R> Unpin for Each<'_, E, F, S, T, C, R> {}

/// Calls a plain function for each element, and tells of them. `is_err` returns whether a result is the failure of a body of a
/// task with `catch`.
///
/// # Errors
/// That of the sink.
///
/// # Panics
/// If the collection does not yield as many elements as it has counted.
pub fn each_call<I: Iterator, R, T, C, B>(
    watch: &ElementWatch,
    cell: &EachCell<T, C>,
    elements: impl Fn() -> I,
    mut body: impl FnMut(I::Item) -> R,
    mut sink: impl FnMut(usize, R) -> Result<(), B>,
    is_err: impl Fn(&R) -> bool,
) -> Result<(), B> {
    let count = elements().count();
    cell.open(count);
    for (index, element) in elements().enumerate() {
        assert!(index < count, "a wide task needs a collection that yields as many elements each time");
        if cell.has(index) {
            continue;
        }
        let Some(mut watched) = watch.begin(index) else {
            sink(index, body(element))?;
            continue;
        };
        let result = watched.enter(|| body(element));
        watched.note_err(is_err(&result));
        let result = sink(index, result);
        watched.returned(result.is_ok());
        result?;
    }
    Ok(())
}
