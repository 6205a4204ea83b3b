//! The scope and the task that are being polled on this thread: tasks that are created here belong to that scope, and a task
//! that awaits another one lends its slot.

use std::cell::RefCell;
use std::sync::Arc;

use crate::dynamic::node::{Head, Held, Leaving, Members, Node, WaiterKey, Waits};

thread_local! {
    static PLACE: RefCell<Place> = const { RefCell::new(Place::NOWHERE) };
}

#[derive(Default)]
struct Place {
    members: Option<Arc<Members>>,
    waits: Option<Arc<Waits>>,
    gates: Vec<Arc<Node>>,
    making: Making,
    /// Nobody polls the code that runs here: it blocks its thread.
    is_closure: bool,
    /// The body of a task is being polled.
    is_task: bool,
    /// The tasks that it has begun to await.
    awaited: Vec<Awaited>,
}

/// The poll that goes on here, once it has made a task of the scope.
#[derive(Default)]
struct Making(Option<OpenMaking>);

struct OpenMaking {
    members: Arc<Members>,
    making: u64,
    leave: fn(Vec<Leaving>),
}

impl Drop for Making {
    fn drop(&mut self) {
        if let Some(OpenMaking { members, making, leave }) = self.0.take() {
            let parked = members.end_making(making);
            if !parked.is_empty() {
                leave(parked);
            }
        }
    }
}

/// A task that a body has begun to await.
pub(super) struct Awaited {
    pub(super) node: Arc<Node>,
    /// The key of the waker that the node has.
    pub(super) waiter: WaiterKey,
}

impl Place {
    const NOWHERE: Self = Self {
        members: None,
        waits: None,
        gates: Vec::new(),
        making: Making(None),
        is_closure: false,
        is_task: false,
        awaited: Vec::new(),
    };
}

/// Changes the place of this thread until it is dropped.
pub(in crate::dynamic) struct Entered {
    outside: Place,
}

impl Entered {
    /// Leaves every scope.
    pub(in crate::dynamic) fn nowhere() -> Self {
        Self { outside: PLACE.take() }
    }

    /// Enters a scope, in code that blocks its thread.
    pub(in crate::dynamic) fn closure(members: &Arc<Members>) -> Self {
        let inside = Place { members: Some(Arc::clone(members)), is_closure: true, ..Place::NOWHERE };
        Self { outside: PLACE.replace(inside) }
    }

    /// Enters a scope, in the body of the same task as before.
    pub(in crate::dynamic) fn scope(members: &Arc<Members>) -> Self {
        let place = |outside: &mut Place| {
            let inside = Place {
                members: Some(Arc::clone(members)),
                waits: outside.waits.clone(),
                is_task: outside.is_task,
                ..Place::NOWHERE
            };
            std::mem::replace(outside, inside)
        };
        Self { outside: PLACE.with_borrow_mut(place) }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let mut inside = PLACE.replace(std::mem::take(&mut self.outside));
        if inside.is_task && !inside.awaited.is_empty() {
            // The future of a scope in the body of a task.
            PLACE.with_borrow_mut(|place| place.awaited.append(&mut inside.awaited));
        }
        drop(inside);
    }
}

/// Changes the place to that of another task, inside of an [`Entered`].
pub(in crate::dynamic) fn switch_to(task: &Head) {
    let previous = PLACE.with_borrow_mut(|place| {
        let members = task.membership.as_ref().map(|membership| &membership.members);
        let is_here = place.members.as_ref().map(Arc::as_ptr) == members.map(Arc::as_ptr);
        place.is_task = true;
        if is_here && place.waits.is_none() && task.waits.is_none() {
            if place.making.0.is_none() && place.awaited.is_empty() {
                return None;
            }
            let (making, awaited) = (std::mem::take(&mut place.making), std::mem::take(&mut place.awaited));
            return Some(Place { making, awaited, ..Place::NOWHERE });
        }
        let awaited = std::mem::take(&mut place.awaited);
        let inside = Place { members: members.cloned(), waits: task.waits.clone(), is_task: true, ..Place::NOWHERE };
        let outside = std::mem::replace(place, inside);
        Some(Place { awaited, ..outside })
    });
    drop(previous);
}

/// Returns the scope that a task made here belongs to.
pub(in crate::dynamic) fn members() -> Option<Arc<Members>> {
    PLACE.with_borrow(|place| place.members.clone())
}

/// Returns whether a scope is entered.
pub(in crate::dynamic) fn is_in(members: &Arc<Members>) -> bool {
    PLACE.with_borrow(|place| place.members.as_ref().is_some_and(|own| Arc::ptr_eq(own, members)))
}

/// Asks the scope that is entered.
pub(in crate::dynamic) fn with_members<R>(ask: impl FnOnce(&Members) -> R) -> Option<R> {
    PLACE.with_borrow(|place| place.members.as_deref().map(ask))
}

/// Returns whether a task is of the scope that is entered.
pub(in crate::dynamic) fn is_of(task: &Head) -> bool {
    PLACE.with_borrow(|place| match (&place.members, &task.membership) {
        (Some(members), Some(membership)) => membership.is_in(members),
        (None, None) => true,
        _ => false,
    })
}

/// The scope of a task that is made here, and what the task needs to enter it.
pub(in crate::dynamic) struct Entry {
    pub(in crate::dynamic) members: Arc<Members>,
    pub(in crate::dynamic) making: u64,
    pub(in crate::dynamic) depth: u32,
}

/// Returns the scope of a task made here, and the tasks that it waits for, for order alone, if there are any. When the poll
/// that goes on here ends, `leave` tells the scope of what has failed meanwhile.
pub(in crate::dynamic) fn of_new_task<'i, I>(
    inputs: impl FnOnce() -> I,
    leave: fn(Vec<Leaving>),
) -> (Option<Entry>, Option<Vec<Arc<Node>>>)
where
    I: Iterator<Item = &'i Node>,
{
    PLACE.with_borrow_mut(|place| {
        let maker = place.waits.as_deref();
        let entry = place.members.as_ref().map(|members| {
            let depth = if members.is_depth_first() { depth(maker, inputs()) } else { 0 };
            let begin = || OpenMaking { members: Arc::clone(members), making: members.begin_making(), leave };
            let making = place.making.0.get_or_insert_with(begin).making;
            Entry { members: Arc::clone(members), making, depth }
        });
        (entry, (!place.gates.is_empty()).then(|| place.gates.clone()))
    })
}

/// Returns how many tasks one after another lead to a task with these inputs.
fn depth<'i>(maker: Option<&Waits>, inputs: impl Iterator<Item = &'i Node>) -> u32 {
    let inputs = inputs.filter_map(|input| input.head().membership.as_ref()).map(|input| input.depth);
    let before = inputs.chain(maker.map(|maker| maker.depth)).max();
    before.map_or(0, |before| before.saturating_add(1))
}

/// Returns the scope whose slots a scope that begins here shares. A body that blocks its thread cannot lend its own.
pub(in crate::dynamic) fn outer_with_slots() -> Option<Arc<Members>> {
    PLACE.with_borrow(|place| place.members.clone().filter(|_| !place.is_closure))
}

/// Returns whether a task made here is done as soon as it is made, if it can be.
pub(in crate::dynamic) fn is_unwatched() -> bool {
    PLACE.with_borrow(|place| {
        place.gates.is_empty() && place.members.as_ref().is_none_or(|members| members.observers().is_none())
    })
}

/// Makes tasks that are created here wait for more tasks, until it is dropped.
pub(in crate::dynamic) struct Gated {
    outer: usize,
}

impl Gated {
    pub(in crate::dynamic) fn new(gates: Vec<Arc<Node>>) -> Self {
        PLACE.with_borrow_mut(|place| {
            let outer = place.gates.len();
            place.gates.extend(gates);
            Self { outer }
        })
    }
}

impl Drop for Gated {
    fn drop(&mut self) {
        let own = PLACE.with_borrow_mut(|place| place.gates.split_off(self.outer.min(place.gates.len())));
        drop(own);
    }
}

/// Returns the number of the task that is being polled, if it is of this scope, too.
pub(in crate::dynamic) fn maker(members: &Arc<Members>) -> Option<u64> {
    PLACE.with_borrow(|place| place.waits.as_ref()?.rank_in(members))
}

/// The body that is being polled waits for a task.
pub(in crate::dynamic) struct Waiting(Arc<Waits>);

impl Waiting {
    /// Notes that it does, if the waits of the task are counted.
    pub(in crate::dynamic) fn begin() -> Option<Self> {
        let waits = PLACE.with_borrow(|place| place.waits.clone())?;
        waits.begin();
        Some(Self(waits))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Notes that the body that is being polled awaits a task that has not ended.
pub(in crate::dynamic) fn awaits<T>(task: &Held<T>, waiter: Option<WaiterKey>) {
    PLACE.with_borrow_mut(|place| {
        if let (true, Some(waiter)) = (place.is_task, waiter) {
            place.awaited.push(Awaited { node: task.node(), waiter });
        }
    });
}

/// Returns the tasks that the body that was polled has begun to await.
pub(super) fn take_awaited() -> Vec<Awaited> {
    PLACE.with_borrow_mut(|place| std::mem::take(&mut place.awaited))
}
