//! In: what a `#[task]` function is called with: a value, a task, or a reference to a task. Out: an input.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::make::Edge;
use super::task::Task;
use crate::dynamic::node::Held;
use crate::dynamic::sealed::Token;

/// An argument of a task: its value, there or still to come.
pub enum Input<V> {
    /// It is there.
    Value(V),
    /// It is the result of a task.
    Task(Pending<V>),
}

/// A task that an input comes from.
pub struct Pending<V>(pub(super) Held<V>);

impl<V: Send + Sync> Input<V> {
    /// Returns the task that it comes from, if there is one.
    pub fn edge(&self) -> Edge<'_> {
        match self {
            Self::Value(_) => Edge(None),
            Self::Task(Pending(node)) => Edge(Some(node)),
        }
    }
}

impl<V> Input<V> {
    /// Returns the value, which is there when the task runs.
    pub fn get(&self) -> &V {
        match self {
            Self::Value(value) => value,
            Self::Task(Pending(node)) => node.value(),
        }
    }
}

/// An argument of a task that takes it by value.
pub struct Given<T> {
    pub(super) input: Input<T>,
    /// Takes the result of a task, or clones it: a value need not be `Clone`.
    take: fn(Held<T>) -> T,
}

impl<T> Given<T> {
    fn value(value: T) -> Self {
        Self { input: Input::Value(value), take: |_| unreachable!("the value is there") }
    }

    /// Returns the value: that of a task itself if nobody else holds it, else a clone.
    #[must_use]
    pub fn take(self) -> T {
        match self.input {
            Input::Value(value) => value,
            Input::Task(Pending(node)) => (self.take)(node),
        }
    }
}

impl<T: Clone> Given<T> {
    fn task(input: Held<T>) -> Self {
        Self { input: Input::Task(Pending(input)), take: Held::into_value }
    }
}

impl<T> Given<T> {
    /// Returns the value, so that there is one for the next attempt.
    pub fn get(&self) -> &T {
        self.input.get()
    }
}

impl<T: Send + Sync> Given<T> {
    /// Returns the task that it comes from, if there is one.
    pub fn edge(&self) -> Edge<'_> {
        self.input.edge()
    }
}

/// The argument of a `#[task]` function for a parameter `&U`: a `U`, an `Arc<U>`, a `Box<U>`, a `&'static U`, or a
/// [`Task`] of one of these, by value or by reference.
///
/// For `&str`, `&[T]` and `&Path` it also takes a `String`, a `Vec<T>` or `[T; N]`, and a `PathBuf`. Nothing is cloned.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no argument for `&{U}`",
    label = "expected a value that a `&{U}` can borrow from, or a `Task` of one",
    note = "a task keeps its arguments: pass the value, a clone, an `Arc`, or a task that returns it; for many tasks pass \
            `all(tasks)`, which makes one task of a tuple, an array or a `Vec` of them"
)]
#[doc(hidden)]
pub trait Lends<U: ?Sized> {
    /// The value that is borrowed from.
    type Value: Holds<U>;

    #[doc(hidden)]
    fn into_input(self, _: Token) -> Input<Self::Value>;
}

/// The argument of a `#[task]` function for a parameter `T`: a `T`, or a [`Task`] of it, by value or by reference. The
/// result of a task is cloned, unless nobody else holds it. A `String` parameter also takes a `&str`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no argument for `{T}`",
    label = "expected a `{T}`, or a `Task<{T}>`",
    note = "a task keeps its arguments: pass the value, a clone, an `Arc`, or a task that returns it; for many tasks pass \
            `all(tasks)`, which makes one task of a tuple, an array or a `Vec` of them"
)]
#[doc(hidden)]
pub trait Gives<T> {
    #[doc(hidden)]
    fn into_given(self, _: Token) -> Given<T>;
}

/// A value that can be borrowed as a `U`.
#[doc(hidden)]
pub trait Holds<U: ?Sized>: Send + Sync + 'static {
    /// Borrows it.
    fn hold(&self) -> &U;
}

/// Returns the input for a parameter `&U`.
pub fn lend<U: ?Sized, A: Lends<U>>(argument: A) -> Input<A::Value> {
    argument.into_input(Token)
}

/// Returns the input for a parameter `T`.
pub fn give<T, A: Gives<T>>(argument: A) -> Given<T> {
    argument.into_given(Token)
}

/// Implements `Lends<U>` for a type and for tasks of it.
macro_rules! lends {
    ($([$($generics:tt)*] $holder:ty => $target:ty: |$value:ident| $borrow:expr;)*) => { $(
        impl<$($generics)*> Holds<$target> for $holder {
            #[inline]
            fn hold(&self) -> &$target {
                let $value = self;
                $borrow
            }
        }

        impl<$($generics)*> Lends<$target> for $holder {
            type Value = Self;

            fn into_input(self, _: Token) -> Input<Self> {
                Input::Value(self)
            }
        }

        impl<$($generics)*> Lends<$target> for Task<$holder> {
            type Value = $holder;

            fn into_input(self, _: Token) -> Input<$holder> {
                Input::Task(Pending(self.0.into_input()))
            }
        }

        impl<$($generics)*> Lends<$target> for &Task<$holder> {
            type Value = $holder;

            fn into_input(self, _: Token) -> Input<$holder> {
                Input::Task(Pending(self.0.input()))
            }
        }
    )* };
}

lends! {
    [U: Send + Sync + 'static] U => U: |value| value;
    [U: ?Sized + Send + Sync + 'static] Arc<U> => U: |value| value;
    [U: ?Sized + Send + Sync + 'static] Box<U> => U: |value| value;
    [U: ?Sized + Sync + 'static] &'static U => U: |value| value;
    [] String => str: |value| value;
    [T: Send + Sync + 'static] Vec<T> => [T]: |value| value;
    [T: Send + Sync + 'static, const N: usize] [T; N] => [T]: |value| value;
    [] PathBuf => Path: |value| value;
}

impl<T> Gives<T> for T {
    fn into_given(self, _: Token) -> Given<T> {
        Given::value(self)
    }
}

impl<T: Clone> Gives<T> for Task<T> {
    fn into_given(self, _: Token) -> Given<T> {
        Given::task(self.0.into_input())
    }
}

impl<T: Clone> Gives<T> for &Task<T> {
    fn into_given(self, _: Token) -> Given<T> {
        Given::task(self.0.input())
    }
}

impl Gives<String> for &str {
    fn into_given(self, _: Token) -> Given<String> {
        Given::value(self.to_owned())
    }
}
