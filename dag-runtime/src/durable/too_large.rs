//! The error of a result that a store has no place for.

use std::error::Error;
use std::fmt;

/// The error of a task whose result is too large for the store of its run. The task is not tried again.
///
/// # Examples
/// ```
/// # mod adagio { pub(crate) mod durable { pub(crate) use dag_runtime::*; } }
/// use adagio::durable::TooLarge;
///
/// assert_eq!(TooLarge::check(100, 100), Ok(()));
/// let error = TooLarge::check(101, 100).unwrap_err();
/// assert_eq!((error.bytes(), error.limit()), (101, 100));
/// assert_eq!(error.to_string(), "its result has 101 bytes, and at most 100 can be stored: store a reference to it");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooLarge {
    bytes: usize,
    limit: usize,
}

impl TooLarge {
    /// Returns an error if a result has more bytes than a limit. A keeper calls it in
    /// [`Keeper::accepts`](super::Keeper::accepts).
    ///
    /// # Errors
    /// If `bytes` is more than `limit`.
    pub fn check(bytes: usize, limit: usize) -> Result<(), Self> {
        if bytes > limit { Err(Self { bytes, limit }) } else { Ok(()) }
    }

    /// Returns how many bytes the stored form of the result has.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns how many bytes the store accepts.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }
}

impl fmt::Display for TooLarge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes, limit } = self;
        write!(formatter, "its result has {bytes} bytes, and at most {limit} can be stored: store a reference to it")
    }
}

impl Error for TooLarge {}
