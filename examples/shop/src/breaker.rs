//! Keeps calls away from a service that is down, and lets them back one after another.
//!
//! A breaker counts the failures of one service. After `limit` of them in a row it opens: calls are refused without being
//! made, so that requests fail fast and the service is not called. When `PAUSE` is over, one call is let through. If it
//! succeeds, two may be under way, then four, and so on with each call that succeeds, until there are `FULL` and the
//! breaker closes; if one fails, the pause begins again. So a service that comes back meets its load step by step.
//!
//! A call that is dropped has neither failed nor succeeded, because its client may have left, unless it has waited so long
//! that a healthy service would have answered.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// For so long a service that is down is not called.
const PAUSE: Duration = Duration::from_millis(500);

/// So many calls at once are all that there may be.
const FULL: u32 = 64;

/// A call that is dropped after so long counts as a failure.
const LONG: Duration = Duration::from_secs(1);

pub(crate) struct Breaker {
    /// The number of failures in a row after which it opens; 0 means never.
    limit: u32,
    state: Mutex<State>,
}

#[derive(Clone, Copy)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// Of `room` calls at once, `calls` are under way. Those that began before `since` do not count.
    Recovering {
        since: Instant,
        room: u32,
        calls: u32,
    },
}

impl Breaker {
    pub(crate) fn new(limit: u32) -> Self {
        Self { limit, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    /// Begins a call, unless the service is not to be called.
    pub(crate) fn begin(&self) -> Option<Call<'_>> {
        let now = Instant::now();
        let mut state = self.state();
        match &mut *state {
            State::Closed { .. } => {}
            State::Open { until } if now < *until => return None,
            State::Open { .. } => *state = State::Recovering { since: now, room: 1, calls: 1 },
            State::Recovering { room, calls, .. } if *calls < *room => *calls += 1,
            State::Recovering { .. } => return None,
        }
        Some(Call { breaker: self, begun: now, has_ended: false })
    }

    /// Returns its state as a word.
    pub(crate) fn word(&self) -> &'static str {
        match *self.state() {
            State::Closed { .. } => "asked",
            State::Open { .. } => "left in peace",
            State::Recovering { .. } => "recovering",
        }
    }

    fn end(&self, begun: Instant, ending: Ending) {
        let mut state = self.state();
        match (&mut *state, ending) {
            (State::Closed { failures }, Ending::Success) => *failures = 0,
            (State::Closed { failures }, Ending::Failure) => {
                *failures += 1;
                if *failures == self.limit {
                    *state = State::Open { until: Instant::now() + PAUSE };
                }
            }
            (State::Recovering { since, room, calls }, ending) if begun >= *since => match ending {
                Ending::Success if *room == FULL => *state = State::Closed { failures: 0 },
                Ending::Success => (*room, *calls) = (*room + 1, *calls - 1),
                Ending::Failure => *state = State::Open { until: Instant::now() + PAUSE },
                Ending::Dropped => *calls -= 1,
            },
            (State::Closed { .. } | State::Open { .. } | State::Recovering { .. }, _) => {}
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Ending {
    Success,
    Failure,
    Dropped,
}

/// A call that is under way.
pub(crate) struct Call<'b> {
    breaker: &'b Breaker,
    begun: Instant,
    has_ended: bool,
}

impl Call<'_> {
    pub(crate) fn succeeded(self) {
        self.end(Ending::Success);
    }

    pub(crate) fn failed(self) {
        self.end(Ending::Failure);
    }

    fn end(mut self, ending: Ending) {
        self.has_ended = true;
        self.breaker.end(self.begun, ending);
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            let ending = if self.begun.elapsed() < LONG { Ending::Dropped } else { Ending::Failure };
            self.breaker.end(self.begun, ending);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::iter;

    use tokio::time::{advance, pause};

    use super::{Breaker, Call, FULL, LONG, PAUSE};

    /// Begins as many calls as the breaker lets through.
    fn begin_all(breaker: &Breaker) -> Vec<Call<'_>> {
        iter::from_fn(|| breaker.begin()).take(1000).collect()
    }

    fn opened() -> Breaker {
        let breaker = Breaker::new(3);
        for _ in 0..3 {
            breaker.begin().unwrap().failed();
        }
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn failures_in_a_row_open_it() {
        let breaker = Breaker::new(3);
        for succeeds in [false, false, true, false, false] {
            let call = breaker.begin().unwrap();
            if succeeds { call.succeeded() } else { call.failed() }
        }
        assert_eq!(breaker.word(), "asked");
        breaker.begin().unwrap().failed();
        assert!(breaker.begin().is_none());
        assert_eq!(breaker.word(), "left in peace");
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_is_let_through_after_the_pause() {
        let breaker = opened();
        advance(PAUSE).await;
        assert_eq!(begin_all(&breaker).len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_is_still_down_meets_one_call_a_pause() {
        let breaker = opened();
        for _ in 0..5 {
            advance(PAUSE).await;
            let mut calls = begin_all(&breaker);
            assert_eq!(calls.len(), 1);
            calls.pop().unwrap().failed();
            assert!(breaker.begin().is_none());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_success_makes_room_for_one_more_until_it_closes() {
        let breaker = opened();
        advance(PAUSE).await;
        let mut at_once = Vec::new();
        while at_once.last() != Some(&1000) {
            let calls = begin_all(&breaker);
            at_once.push(calls.len());
            calls.into_iter().for_each(Call::succeeded);
        }
        assert_eq!(at_once, [1, 2, 4, 8, 16, 32, 64, 1000]);
        assert_eq!(FULL, 64);
        assert_eq!(breaker.word(), "asked");
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_while_it_recovers_opens_it_again() {
        let breaker = opened();
        advance(PAUSE).await;
        breaker.begin().unwrap().succeeded();
        breaker.begin().unwrap().failed();
        assert!(breaker.begin().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_from_before_says_nothing_of_the_recovery() {
        let breaker = Breaker::new(3);
        let [slow, late] = [breaker.begin().unwrap(), breaker.begin().unwrap()];
        (0..3).for_each(|_| breaker.begin().unwrap().failed());
        advance(PAUSE).await;
        let trial = breaker.begin().unwrap();
        slow.succeeded();
        late.failed();
        assert!(breaker.begin().is_none(), "one is under way");
        trial.succeeded();
        assert_eq!(begin_all(&breaker).len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_dropped_leaves_its_room_to_the_next() {
        let breaker = opened();
        advance(PAUSE).await;
        drop(breaker.begin().unwrap());
        assert_eq!(begin_all(&breaker).len(), 1);
    }

    #[tokio::test]
    async fn a_call_that_is_dropped_after_long_counts_as_a_failure() {
        pause();
        let breaker = Breaker::new(3);
        let calls: Vec<_> = (0..3).map(|_| breaker.begin().unwrap()).collect();
        advance(LONG).await;
        drop(calls);
        assert!(breaker.begin().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn one_without_a_limit_never_opens() {
        let breaker = Breaker::new(0);
        (0..1000).for_each(|_| breaker.begin().unwrap().failed());
        assert!(breaker.begin().is_some());
    }
}
