use std::future::{Ready, ready};
use std::marker::PhantomPinned;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::Waker;

use super::*;

/// A future that must not move once it was polled.
struct Fixed {
    address: usize,
    left: usize,
    _value: Rc<()>,
    _pinned: PhantomPinned,
}

impl Fixed {
    fn new(left: usize, value: &Rc<()>) -> Self {
        Self { address: 0, left, _value: Rc::clone(value), _pinned: PhantomPinned }
    }
}

impl Future for Fixed {
    type Output = usize;

    fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<usize> {
        let here = std::ptr::from_ref(&*self).addr();
        // SAFETY: the fields change in their place, and the future stays in its own.
        let this = unsafe { self.get_unchecked_mut() };
        assert!(this.address == 0 || this.address == here, "the future has moved");
        this.address = here;
        match this.left.checked_sub(1) {
            Some(left) => {
                this.left = left;
                Poll::Pending
            }
            None => Poll::Ready(here),
        }
    }
}

#[test]
fn a_future_stays_where_it_is_while_there_are_more_places() {
    let value = Rc::new(());
    let mut places = Places::new();
    let mut cx = Context::from_waker(Waker::noop());
    let count = 100;
    for place in 0..count {
        if place == places.count() {
            places.grow(count - place);
        }
        assert!(!places.is_taken(place));
        places.set(place, place + 7, Fixed::new(1, &value));
        assert!(places.poll(place, &mut cx).is_pending());
    }
    assert_eq!((places.count(), Rc::strong_count(&value)), (count, count + 1));
    for place in 0..count {
        assert!(places.poll(place, &mut cx).is_ready() && !places.is_taken(place));
        assert_eq!(places.index(place), place + 7);
    }
    assert_eq!(Rc::strong_count(&value), 1);
}

#[test]
fn futures_are_dropped_with_their_places() {
    let value = Rc::new(());
    let mut places = Places::new();
    places.grow(40);
    places.grow(8);
    assert_eq!(places.count(), 40);
    places.set(0, 0, Fixed::new(1, &value));
    places.set(39, 0, Fixed::new(1, &value));
    places.set(39, 0, Fixed::new(1, &value));
    assert_eq!(Rc::strong_count(&value), 3);
    drop(places);
    assert_eq!(Rc::strong_count(&value), 1);
}

#[test]
fn a_place_without_a_future_cannot_be_polled() {
    let mut places = Places::<Ready<()>>::new();
    places.grow(1);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(catch_unwind(AssertUnwindSafe(|| places.poll(0, &mut cx))).is_err());
    places.set(0, 0, ready(()));
    assert!(places.poll(0, &mut cx).is_ready());
    assert!(catch_unwind(AssertUnwindSafe(|| places.poll(0, &mut cx))).is_err());
}

/// Miri sees it if not.
#[test]
fn what_a_future_has_borrowed_from_itself_stays_borrowed_while_its_place_is_looked_at() {
    let mut places = Places::new();
    places.grow(1);
    let future = async {
        let mut polls = 0;
        std::future::poll_fn(|_| {
            polls += 1;
            if polls < 3 { Poll::Pending } else { Poll::Ready(polls) }
        })
        .await
    };
    places.set(0, 0, future);
    let cx = &mut Context::from_waker(Waker::noop());
    for _ in 0..2 {
        assert!(places.poll(0, cx).is_pending() && places.is_taken(0));
    }
    assert_eq!(places.poll(0, cx), Poll::Ready(3));
}
