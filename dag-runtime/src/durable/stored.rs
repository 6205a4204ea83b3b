//! In: a result. Out: its stored form, and back.

use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::current::reads_back;
use super::{Settled, StoredElements};
use crate::error::{ErrorSource, TaskError, at_index};

/// A result that can be stored.
#[diagnostic::on_unimplemented(
    message = "the result of this task, `{Self}`, cannot be stored",
    label = "the results of a `#[dag(durable)]` block are `Serialize + DeserializeOwned`",
    note = "derive `serde::Serialize` and `serde::Deserialize` for it and for the types in it, or return a type that has \
            both; `Arc` and `Rc` need the feature `rc` of serde; a reference cannot be read back"
)]
#[doc(hidden)]
pub trait Storable: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Storable for T {}

/// Compiles where a task's result may be stored.
pub fn require_storable<T: Storable>() {}

/// The stored form of a `T`.
pub struct Stored<T>(PhantomData<fn() -> T>);

impl<T> Stored<T> {
    /// Stands for the type.
    pub const FORM: Self = Self(PhantomData);
}

impl<T: Storable> Stored<T> {
    /// Returns the stored form of a result.
    ///
    /// # Errors
    /// If the form has no place for the value.
    pub fn write(self, task: &'static str, value: &T) -> Result<Vec<u8>, TaskError> {
        serde_json::to_vec(value).map_err(|error| failure(task, "its result cannot be stored", error))
    }

    /// Returns a result with its stored form.
    ///
    /// # Errors
    /// If the form has no place for the value, or if the keeper wants it to be read back and that is not possible, as for
    /// a `NaN`, which JSON writes as `null`.
    pub fn settle(self, task: &'static str, value: T) -> Settled<T> {
        let bytes = self.write(task, &value).map_err(TaskError::into_named)?;
        if reads_back() {
            let read: Result<T, _> = serde_json::from_slice(&bytes);
            read.map_err(|error| failure(task, unread(&error), error).into_named())?;
        }
        Ok((value, bytes))
    }

    /// Returns the result that was stored.
    ///
    /// # Errors
    /// If the bytes are of something else.
    pub fn read(self, task: &'static str, stored: &[u8]) -> Result<T, TaskError> {
        serde_json::from_slice(stored).map_err(|error| failure(task, "its stored result cannot be read", error))
    }
}

/// Returns a failure in the form in which it is read back after it was stored: the name of its task, and as its source
/// the text of its causes. A body that catches a failure gets this form in each life of a run, so that it decides the
/// same.
#[must_use]
pub fn stored_failure(error: &TaskError) -> TaskError {
    let causes = error.causes().into();
    TaskError::new(error.task(), error.index().into_iter().fold(causes, |causes, index| at_index(index, causes)))
}

/// Is used only where the inherent methods of [`Stored`] do not apply: one error, at the task, is enough.
pub trait NotStorable<T>: Sized {
    /// Exists only to compile: the build fails at the task.
    ///
    /// # Errors
    /// Never.
    ///
    /// # Panics
    /// Always.
    fn write(self, _task: &'static str, _value: &T) -> Result<Vec<u8>, TaskError> {
        unreachable!("what cannot be stored does not compile")
    }

    /// Exists only to compile: the build fails at the task.
    ///
    /// # Errors
    /// Never.
    ///
    /// # Panics
    /// Always.
    fn settle<V>(self, _task: &'static str, _value: V) -> Settled<V> {
        unreachable!("what cannot be stored does not compile")
    }

    /// Exists only to compile: the build fails at the task.
    ///
    /// # Errors
    /// Never.
    ///
    /// # Panics
    /// Always.
    fn read(self, _task: &'static str, _stored: &[u8]) -> Result<T, TaskError> {
        unreachable!("what cannot be stored does not compile")
    }

    /// Exists only to compile: the build fails at the task.
    ///
    /// # Errors
    /// Never.
    ///
    /// # Panics
    /// Always.
    fn elements(
        self,
        _task: &'static str,
        _stored: &[u8],
        _count: impl FnOnce(&T) -> usize,
    ) -> Result<StoredElements, TaskError> {
        unreachable!("what cannot be stored does not compile")
    }
}

impl<T> NotStorable<T> for Stored<T> {}

/// Says why a result cannot be read back that was just written. JSON has no number for a `NaN`.
fn unread(error: &serde_json::Error) -> &'static str {
    if error.to_string().starts_with("invalid type: null, expected f") {
        "its result cannot be read back: JSON stores a `NaN` or an infinite number as `null`"
    } else {
        "its result is stored in a form that cannot be read back"
    }
}

fn failure(task: &'static str, what: &'static str, error: serde_json::Error) -> TaskError {
    TaskError::new(task, ErrorSource::from(StoreError { what, error }))
}

#[derive(Debug)]
struct StoreError {
    what: &'static str,
    error: serde_json::Error,
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.what)
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::error::Error;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let stored = Stored::<Result<u8, String>>::FORM.write("coupon", &Err("expired".to_owned())).unwrap();
        assert_eq!(stored, br#"{"Err":"expired"}"#);
        assert_eq!(Stored::<Result<u8, String>>::FORM.read("coupon", &stored).unwrap(), Err("expired".to_owned()));
    }

    #[test]
    fn what_does_not_fit_is_a_failure_of_the_task() {
        let error = Stored::FORM.write("prices", &BTreeMap::from([((1, 2), 3)])).unwrap_err();
        assert_eq!(
            (error.task(), chain(&error).as_str()),
            ("prices", "its result cannot be stored: key must be a string")
        );
        let error = Stored::<u8>::FORM.read("count", b"-1").unwrap_err();
        assert_eq!(error.task(), "count");
        assert!(chain(&error).starts_with("its stored result cannot be read: invalid value"), "{error:?}");
    }

    #[cfg(debug_assertions)]
    #[test]
    fn a_number_that_json_does_not_have_is_told() {
        let error = Stored::FORM.settle("mean", vec![1.0, f64::NAN]).map(drop).unwrap_err();
        let error = TaskError::new("mean", error);
        assert_eq!(error.to_string(), "task `mean` failed");
        assert_eq!(
            chain(&error),
            "its result cannot be read back: JSON stores a `NaN` or an infinite number as `null`: \
             invalid type: null, expected f64 at line 1 column 9"
        );
    }

    fn chain(error: &TaskError) -> String {
        let source = error.source().unwrap();
        format!("{source}: {}", source.source().unwrap())
    }
}
