//! The last answer to each question, for the time when the service does not answer.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

/// Something that a service has told, just now or some time ago.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Told<T> {
    pub(crate) value: T,
    /// How long ago it was, in seconds; none if the service has told it for this very request.
    pub(crate) age: Option<u64>,
}

impl<T> Told<T> {
    pub(crate) fn now(value: T) -> Self {
        Self { value, age: None }
    }
}

/// An answer a product. It never holds more than there are products: only a page of one that exists is remembered.
pub(crate) struct Remembered<T> {
    /// Older values are forgotten.
    longest: Duration,
    answers: Mutex<HashMap<i64, (T, Instant)>>,
}

impl<T: Clone> Remembered<T> {
    pub(crate) fn new(longest: Duration) -> Self {
        Self { longest, answers: Mutex::default() }
    }

    /// Keeps what the service has told just now.
    pub(crate) fn keep(&self, product_id: i64, told: &Told<T>) {
        if told.age.is_none() && !self.longest.is_zero() {
            self.answers().insert(product_id, (told.value.clone(), Instant::now()));
        }
    }

    /// Returns what was told last, marked as old.
    pub(crate) fn recall(&self, product_id: i64) -> Option<Told<T>> {
        let answers = self.answers();
        let (value, since) = answers.get(&product_id)?;
        let age = since.elapsed();
        (age < self.longest).then(|| Told { value: value.clone(), age: Some(age.as_secs()) })
    }

    fn answers(&self) -> MutexGuard<'_, HashMap<i64, (T, Instant)>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::{Remembered, Told};

    #[tokio::test(start_paused = true)]
    async fn it_knows_how_old_an_answer_is_and_forgets_it_in_the_end() {
        let remembered = Remembered::new(Duration::from_secs(60));
        assert_eq!(remembered.recall(7), None);
        remembered.keep(7, &Told::now("990"));
        advance(Duration::from_secs(59)).await;
        assert_eq!(remembered.recall(7), Some(Told { value: "990", age: Some(59) }));
        advance(Duration::from_secs(1)).await;
        assert_eq!(remembered.recall(7), None);
    }

    #[tokio::test(start_paused = true)]
    async fn an_old_answer_does_not_grow_younger() {
        let remembered = Remembered::new(Duration::from_secs(60));
        remembered.keep(7, &Told::now("990"));
        advance(Duration::from_secs(40)).await;
        remembered.keep(7, &remembered.recall(7).unwrap());
        assert_eq!(remembered.recall(7).unwrap().age, Some(40));
    }
}
