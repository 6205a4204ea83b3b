//! One slot for the bodies of several tasks that are not alive together.
//!
//! The tasks of a chain need one another, so each starts when the one before has ended. A chain has a slot for the body of
//! each task, and all its slots are the same memory, as large as the largest body. The byte `taken` says which slot has a
//! body. Only this module writes it:
//! - It is the number of a slot only while there is a body in that slot. So a [`ChainSlot`] hands out a body only if the byte
//!   is its number, and the drop of the chain drops the body with this number.
//! - A body is moved in only while the byte is [`NONE`], and the byte is set afterwards.
//! - The byte is [`NONE`] again before a body is dropped: if the drop panics, the body is not dropped twice.
//!
//! A body never moves: the chain is pinned, and a body is dropped in its slot. A body may borrow from itself, exclusively, while
//! it waits. So nothing makes a shared reference to a chain, not even one of a moment, such as a `Pin` derefs to.
//!
//! In a run, the result of a task may be there from the start, and then the tasks before and behind it may be under way
//! together although they are in one chain. So the chain of a run has spare chains on the heap, made when they are needed:
//! the second body is in the slot of the same number in a spare chain ([`SpareChains`]). Inner graphs have them too, and so
//! have calls in which some dependency is not plain. In all other calls this cannot happen; a second body would panic
//! ([`NoSpare`]).

use std::marker::PhantomPinned;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::pin::Pin;

use super::Slot;

/// The value of `taken` while no slot has a body.
const NONE: u8 = 0;

/// Whether a chain gets spare chains, and where they are.
pub trait Spare {
    /// The link from a chain of type `C` to its spare chain.
    #[doc(hidden)]
    type Link<C>;
    #[doc(hidden)]
    const IS_ALLOWED: bool;

    #[doc(hidden)]
    fn no_link<C>() -> Self::Link<C>;

    /// Returns the place of the spare chain, if one is allowed.
    #[doc(hidden)]
    fn place<C>(link: &mut Self::Link<C>) -> Option<&mut Option<Pin<Box<C>>>>;
}

/// A chain has no spare chain: its tasks are never under way together.
pub struct NoSpare;

impl Spare for NoSpare {
    type Link<C> = ();

    const IS_ALLOWED: bool = false;

    #[inline]
    fn no_link<C>() {}

    #[inline]
    fn place<C>((): &mut ()) -> Option<&mut Option<Pin<Box<C>>>> {
        None
    }
}

/// A chain has a spare chain if it is needed, and so does the spare chain.
pub struct SpareChains;

impl Spare for SpareChains {
    type Link<C> = Option<Pin<Box<C>>>;

    const IS_ALLOWED: bool = true;

    #[inline]
    fn no_link<C>() -> Self::Link<C> {
        None
    }

    #[inline]
    fn place<C>(link: &mut Self::Link<C>) -> Option<&mut Option<Pin<Box<C>>>> {
        Some(link)
    }
}

/// The slot of one task in a chain.
pub struct ChainSlot<'c, T> {
    taken: &'c mut u8,
    number: u8,
    /// What is known of `taken`, which nobody else can change meanwhile. The compiler follows it, so that no code asks twice.
    known: Known,
    /// A part of a pinned chain. Initialised if `taken` is `number`.
    place: &'c mut MaybeUninit<T>,
}

enum Known {
    Nothing,
    /// `taken` is [`NONE`].
    None,
    /// `taken` is `number`.
    Number,
}

/// `body` and `fill` panic if another slot of the chain has a body.
impl<T> Slot<T> for ChainSlot<'_, T> {
    #[inline]
    fn is_vacant(&mut self) -> bool {
        self.body().is_none()
    }

    #[inline]
    fn body(&mut self) -> Option<Pin<&mut T>> {
        match self.known {
            Known::None => return None,
            Known::Number => {}
            // In this order, so that the start of a body asks once.
            Known::Nothing if *self.taken == NONE => {
                self.known = Known::None;
                return None;
            }
            Known::Nothing if *self.taken == self.number => self.known = Known::Number,
            Known::Nothing => has_body(),
        }
        // SAFETY: the place is initialised, and a part of a pinned chain, where the body stays until it is dropped.
        Some(unsafe { Pin::new_unchecked(self.place.assume_init_mut()) })
    }

    #[inline]
    fn fill(&mut self, body: T) -> Pin<&mut T> {
        if !matches!(self.known, Known::None) && *self.taken != NONE {
            has_body();
        }
        let body = self.place.write(body);
        *self.taken = self.number;
        self.known = Known::Number;
        // SAFETY: the place is a part of a pinned chain, where the body stays until it is dropped.
        unsafe { Pin::new_unchecked(body) }
    }

    #[inline]
    fn clear(&mut self) {
        if matches!(self.known, Known::Number) || *self.taken == self.number {
            *self.taken = NONE;
            self.known = Known::None;
            // SAFETY: the place is initialised. Now that the slot is not taken, nobody uses the body any more.
            unsafe { self.place.assume_init_drop() };
        }
    }
}

#[cold]
#[inline(never)]
fn has_body() -> ! {
    unreachable!("the tasks of a chain are not under way together")
}

/// Makes a chain, the union of places in it, and a method for each slot. Each length has a type of its own, and a slot is taken
/// from the pointer to the chain, with one call: for each slot that a driver takes, rustc looks at all parameters of the type,
/// as often as the type is named.
macro_rules! chain {
    ($Chain:ident $Places:ident: $($number:literal $slot:ident $place:ident $Body:ident,)*) => {
        union $Places<$($Body),*> {
            nothing: (),
            $($place: ManuallyDrop<MaybeUninit<$Body>>,)*
        }

        /// The slots of tasks that are not alive together.
        pub struct $Chain<$($Body,)* X: Spare> {
            taken: u8,
            spare: X::Link<Self>,
            places: $Places<$($Body),*>,
            _pinned: PhantomPinned,
        }

        impl<$($Body,)* X: Spare> $Chain<$($Body,)* X> {
            /// Creates a chain without a body.
            #[inline]
            #[must_use]
            pub fn new(_: X) -> Self {
                Self::empty()
            }

            #[inline]
            fn empty() -> Self {
                Self { taken: NONE, spare: X::no_link(), places: $Places { nothing: () }, _pinned: PhantomPinned }
            }

            /// Returns the chain, this one or a spare one, with the body that has a number. If none has it, returns one without
            /// a body.
            #[inline]
            fn chain_of(mut self: Pin<&mut Self>, number: u8) -> Pin<&mut Self> {
                // SAFETY: nothing is moved, and neither the byte nor the link is pinned.
                let Self { taken, spare, .. } = unsafe { self.as_mut().get_unchecked_mut() };
                let has_spare = matches!(X::place(spare), Some(Some(_)));
                if X::IS_ALLOWED && (has_spare || *taken != NONE && *taken != number) {
                    self.find_chain_of(number)
                } else {
                    self
                }
            }

            #[cold]
            #[inline(never)]
            fn find_chain_of(mut self: Pin<&mut Self>, number: u8) -> Pin<&mut Self> {
                let taken = if self.holds(number) { number } else { NONE };
                self.first_with(taken)
            }

            /// Returns whether there is a body with this number, here or in a spare chain. To take the slot instead might make
            /// a spare chain.
            #[must_use]
            pub fn holds(self: &mut Pin<&mut Self>, number: u8) -> bool {
                // SAFETY: nothing is moved, and neither the byte nor the link is pinned.
                let Self { taken, spare, .. } = unsafe { self.as_mut().get_unchecked_mut() };
                let spare = X::place(spare).and_then(Option::as_mut);
                *taken == number || spare.is_some_and(|spare| spare.as_mut().holds(number))
            }

            /// Returns the first chain with this value of `taken`. Makes a spare chain if there is none.
            fn first_with(self: Pin<&mut Self>, taken: u8) -> Pin<&mut Self> {
                // SAFETY: the link to the spare chain is not pinned, and nothing is moved.
                let this = unsafe { self.get_unchecked_mut() };
                if this.taken == taken {
                    // SAFETY: it was pinned above.
                    return unsafe { Pin::new_unchecked(this) };
                }
                let Some(spare) = X::place(&mut this.spare) else { has_body() };
                spare.get_or_insert_with(|| Box::pin(Self::empty())).as_mut().first_with(taken)
            }

            $(
                /// Returns the slot with this number.
                #[inline]
                pub fn $slot<'c>(self: &'c mut Pin<&mut Self>) -> ChainSlot<'c, $Body> {
                    // SAFETY: nothing is moved. The byte is not pinned, and a slot lends its body only pinned.
                    let this = unsafe { self.as_mut().chain_of($number).get_unchecked_mut() };
                    // SAFETY: a place need not be initialised.
                    let place = unsafe { &mut *this.places.$place };
                    ChainSlot { taken: &mut this.taken, number: $number, known: Known::Nothing, place }
                }
            )*
        }

        impl<$($Body,)* X: Spare> Drop for $Chain<$($Body,)* X> {
            #[inline]
            fn drop(&mut self) {
                // Inlined, so that no code is left if no body needs to be dropped.
                match std::mem::replace(&mut self.taken, NONE) {
                    // SAFETY: there is a body with this number, and nobody uses it any more.
                    $($number => unsafe { (*self.places.$place).assume_init_drop() },)*
                    _ => {}
                }
            }
        }
    };
}

chain! { Chain2 Places2: 1 slot1 a A, 2 slot2 b B, }
chain! { Chain3 Places3: 1 slot1 a A, 2 slot2 b B, 3 slot3 c C, }
chain! { Chain4 Places4: 1 slot1 a A, 2 slot2 b B, 3 slot3 c C, 4 slot4 d D, }
chain! { Chain5 Places5: 1 slot1 a A, 2 slot2 b B, 3 slot3 c C, 4 slot4 d D, 5 slot5 e E, }
chain! { Chain6 Places6: 1 slot1 a A, 2 slot2 b B, 3 slot3 c C, 4 slot4 d D, 5 slot5 e E, 6 slot6 f F, }
chain! { Chain7 Places7: 1 slot1 a A, 2 slot2 b B, 3 slot3 c C, 4 slot4 d D, 5 slot5 e E, 6 slot6 f F, 7 slot7 g G, }
chain! {
    Chain8 Places8:
    1 slot1 a A, 2 slot2 b B, 3 slot3 c C, 4 slot4 d D,
    5 slot5 e E, 6 slot6 f F, 7 slot7 g G, 8 slot8 h H,
}
chain! {
    Chain9 Places9:
    1 slot1 a A, 2 slot2 b B, 3 slot3 c C, 4 slot4 d D, 5 slot5 e E,
    6 slot6 f F, 7 slot7 g G, 8 slot8 h H, 9 slot9 i I,
}
chain! {
    Chain10 Places10:
    1 slot1 a A, 2 slot2 b B, 3 slot3 c C, 4 slot4 d D, 5 slot5 e E,
    6 slot6 f F, 7 slot7 g G, 8 slot8 h H, 9 slot9 i I, 10 slot10 j J,
}

#[cfg(all(test, not(loom)))]
mod tests;
