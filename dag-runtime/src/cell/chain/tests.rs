use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::*;

/// How many bodies are alive.
type Alive = Rc<Cell<usize>>;

/// A body that must not move once it was pinned.
struct Body<const BYTES: usize> {
    address: usize,
    kept: [u8; BYTES],
    panics: bool,
    alive: Alive,
    _pinned: PhantomPinned,
}

impl<const BYTES: usize> Body<BYTES> {
    fn new(alive: &Alive, kept: u8) -> Self {
        alive.set(alive.get() + 1);
        let (kept, alive) = ([kept; BYTES], Rc::clone(alive));
        Self { address: 0, kept, panics: false, alive, _pinned: PhantomPinned }
    }

    /// Returns a body whose drop panics.
    fn panicking(alive: &Alive) -> Self {
        let mut body = Self::new(alive, 0);
        body.panics = true;
        body
    }

    fn look(self: Pin<&mut Self>) -> u8 {
        let here = std::ptr::from_ref(&*self).addr();
        // SAFETY: the field changes in its place, and the body stays in its own.
        let this = unsafe { self.get_unchecked_mut() };
        assert!(this.address == 0 || this.address == here, "the body has moved");
        this.address = here;
        assert!(this.kept.iter().all(|&byte| byte == this.kept[0]));
        this.kept[0]
    }
}

impl<const BYTES: usize> Drop for Body<BYTES> {
    fn drop(&mut self) {
        self.alive.set(self.alive.get().checked_sub(1).expect("a body is dropped once"));
        assert!(!self.panics, "dropped");
    }
}

fn panics(action: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(action)).is_err()
}

/// Returns the byte that the body in a slot keeps.
fn look<const BYTES: usize>(mut slot: ChainSlot<'_, Body<BYTES>>) -> Option<u8> {
    slot.body().map(Body::look)
}

fn clear<T>(mut slot: ChainSlot<'_, T>) {
    assert!(!slot.is_vacant());
    slot.clear();
}

/// Names the type of a slot, as the start of its body does elsewhere.
fn slot_of<T>(_: &ChainSlot<'_, T>) {}

#[test]
fn a_chain_is_as_large_as_its_largest_body() {
    let mut chain = pin!(Chain3::new(NoSpare));
    slot_of::<[u8; 100]>(&chain.as_mut().slot1());
    slot_of::<[u64; 100]>(&chain.as_mut().slot2());
    slot_of::<u8>(&chain.as_mut().slot3());
    assert_eq!(size_of_val(&*chain), 808);
    let mut chain = pin!(Chain2::new(SpareChains));
    slot_of::<[u8; 3]>(&chain.as_mut().slot1());
    slot_of::<[u64; 3]>(&chain.as_mut().slot2());
    assert_eq!(size_of_val(&*chain), 40);
}

#[test]
fn bodies_follow_one_another_in_one_place() {
    let alive = Alive::default();
    let mut chain = pin!(Chain3::new(NoSpare));
    for _ in 0..2 {
        assert_eq!(chain.as_mut().slot1().fill(Body::<40>::new(&alive, 1)).look(), 1);
        assert_eq!(alive.get(), 1);
        assert_eq!((look(chain.as_mut().slot1()), chain.holds(2)), (Some(1), false));
        clear(chain.as_mut().slot1());
        assert_eq!((alive.get(), look(chain.as_mut().slot1())), (0, None));
        chain.as_mut().slot2().fill(Body::<400>::new(&alive, 2));
        assert_eq!((chain.holds(1), look(chain.as_mut().slot2())), (false, Some(2)));
        clear(chain.as_mut().slot2());
        chain.as_mut().slot3().fill(Body::<4>::new(&alive, 3));
        assert_eq!((look(chain.as_mut().slot3()), alive.get()), (Some(3), 1));
        clear(chain.as_mut().slot3());
        assert_eq!(alive.get(), 0);
    }
}

#[test]
fn a_body_is_dropped_with_its_chain() {
    let alive = Alive::default();
    let mut chain = Box::pin(Chain2::new(NoSpare));
    chain.as_mut().slot1().fill(Body::<8>::new(&alive, 1));
    slot_of::<()>(&chain.as_mut().slot2());
    drop(chain);
    assert_eq!(alive.get(), 0);
    let mut chain = Box::pin(Chain2::new(NoSpare));
    slot_of::<()>(&chain.as_mut().slot1());
    chain.as_mut().slot2().fill(Body::<8>::new(&alive, 2));
    assert_eq!(alive.get(), 1);
    drop(chain);
    assert_eq!(alive.get(), 0);
}

#[test]
fn without_spare_chains_a_second_body_panics_and_the_first_stays() {
    let alive = Alive::default();
    let mut chain = Box::pin(Chain2::new(NoSpare));
    chain.as_mut().slot1().fill(Body::<8>::new(&alive, 1));
    assert!(panics(|| _ = chain.as_mut().slot2().fill(Body::<16>::new(&alive, 2))));
    assert!(panics(|| _ = chain.as_mut().slot1().fill(Body::<8>::new(&alive, 3))));
    assert!(panics(|| _ = chain.as_mut().slot2().body()));
    assert_eq!((look(chain.as_mut().slot1()), chain.as_mut().holds(2), alive.get()), (Some(1), false, 1));
    drop(chain);
    assert_eq!(alive.get(), 0);
}

#[test]
fn with_spare_chains_each_body_has_a_place() {
    let alive = Alive::default();
    let mut chain = Box::pin(Chain3::new(SpareChains));
    chain.as_mut().slot2().fill(Body::<16>::new(&alive, 2));
    chain.as_mut().slot3().fill(Body::<24>::new(&alive, 3));
    chain.as_mut().slot1().fill(Body::<8>::new(&alive, 1));
    for _ in 0..2 {
        assert_eq!(look(chain.as_mut().slot1()), Some(1));
        assert_eq!(look(chain.as_mut().slot2()), Some(2));
        assert_eq!(look(chain.as_mut().slot3()), Some(3));
    }
    // A body stays in its spare chain although the first one has none any more.
    clear(chain.as_mut().slot2());
    assert_eq!((look(chain.as_mut().slot1()), look(chain.as_mut().slot2())), (Some(1), None));
    assert_eq!((look(chain.as_mut().slot3()), alive.get()), (Some(3), 2));
    clear(chain.as_mut().slot3());
    chain.as_mut().slot3().fill(Body::<24>::new(&alive, 4));
    assert_eq!((look(chain.as_mut().slot1()), look(chain.as_mut().slot3()), alive.get()), (Some(1), Some(4), 2));
    drop(chain);
    assert_eq!(alive.get(), 0);
}

#[test]
fn a_body_whose_drop_panics_is_dropped_once() {
    let alive = Alive::default();
    let mut chain = Box::pin(Chain2::new(SpareChains));
    chain.as_mut().slot1().fill(Body::<8>::panicking(&alive));
    assert!(panics(|| clear(chain.as_mut().slot1())));
    assert_eq!((look(chain.as_mut().slot1()), alive.get()), (None, 0));
    chain.as_mut().slot1().fill(Body::<8>::panicking(&alive));
    chain.as_mut().slot2().fill(Body::<16>::new(&alive, 2));
    assert!(panics(|| drop(chain)));
    assert_eq!(alive.get(), 0, "the spare chain is dropped nevertheless");
}

#[test]
fn ten_bodies_may_share_a_place() {
    let alive = Alive::default();
    let mut chain = Box::pin(Chain10::new(SpareChains));
    macro_rules! all {
        ($($slot:ident)*) => {
            $(chain.as_mut().$slot().fill(Body::<8>::new(&alive, 7));)*
            $(assert_eq!(look(chain.as_mut().$slot()), Some(7));)*
            assert_eq!(alive.get(), 10);
            $(clear(chain.as_mut().$slot());)*
            assert_eq!(alive.get(), 0);
            // The drop of the chain knows each number.
            $(chain.as_mut().$slot().fill(Body::<8>::new(&alive, 7));)*
        };
    }
    all!(slot1 slot2 slot3 slot4 slot5 slot6 slot7 slot8 slot9 slot10);
    drop(chain);
    assert_eq!(alive.get(), 0);
}

/// A body that changes what it has borrowed from itself in each of three polls.
async fn borrows_from_itself() -> u8 {
    let mut polls = 0;
    std::future::poll_fn(|_| {
        polls += 1;
        if polls < 3 { Poll::Pending } else { Poll::Ready(polls) }
    })
    .await
}

fn poll(body: Option<Pin<&mut impl Future<Output = u8>>>) -> Poll<u8> {
    body.expect("there is a body").poll(&mut Context::from_waker(Waker::noop()))
}

/// Miri sees it if not.
#[test]
fn what_a_body_has_borrowed_from_itself_stays_borrowed_while_the_chain_is_looked_at() {
    let mut chain = pin!(Chain2::new(SpareChains));
    chain.slot1().fill(borrows_from_itself());
    assert!(poll(chain.slot1().body()).is_pending());
    assert!(!chain.holds(2));
    chain.slot2().fill(borrows_from_itself());
    for _ in 0..2 {
        assert!(chain.holds(1) && !chain.slot1().is_vacant());
        assert!(chain.holds(2) && !chain.slot2().is_vacant());
        assert!(poll(chain.slot2().body()).is_pending());
    }
    assert!(poll(chain.slot1().body()).is_pending());
    assert_eq!(poll(chain.slot1().body()), Poll::Ready(3));
    assert_eq!(poll(chain.slot2().body()), Poll::Ready(3));
}

/// Miri sees it if not.
#[test]
fn what_a_body_has_borrowed_from_itself_stays_borrowed_while_its_slot_is_looked_at() {
    let mut slot = pin!(None);
    slot.fill(borrows_from_itself());
    for _ in 0..2 {
        assert!(poll(slot.body()).is_pending());
        assert!(!slot.is_vacant());
    }
    assert_eq!(poll(slot.body()), Poll::Ready(3));
}
