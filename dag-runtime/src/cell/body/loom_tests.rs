use std::task::Waker;

use loom::thread;

use super::*;

impl Unheld for () {}

impl Unheld for AtomicUsize {}

/// Counts its drop, and is ready at once.
struct Counts(loom::sync::Arc<AtomicUsize>);

impl Future for Counts {
    type Output = Result<u32, TaskError>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(7))
    }
}

impl Drop for Counts {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn counted() -> (Outcome<(), u32>, loom::sync::Arc<AtomicUsize>) {
    let drops = loom::sync::Arc::new(AtomicUsize::new(0));
    let outcome = Bodiless::new((), 1).0.set(Counts(loom::sync::Arc::clone(&drops)));
    (outcome, drops)
}

#[test]
fn of_two_threads_that_drop_a_body_one_does() {
    loom::model(|| {
        let (outcome, drops) = counted();
        let other = outcome.fork(1);
        let other = thread::spawn(move || other.bodied().drop_body());
        outcome.bodied().drop_body();
        other.join().unwrap();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn a_thread_that_drops_the_body_finds_all_or_nothing_of_the_poll_of_another() {
    loom::model(|| {
        let (outcome, drops) = counted();
        let other = outcome.fork(1);
        let other = thread::spawn(move || {
            other.bodied().drop_body();
            other.get().is_some()
        });
        // It panics if the other thread is first.
        let cx = &mut Context::from_waker(Waker::noop());
        let polled = catch_unwind(AssertUnwindSafe(|| outcome.bodied().poll_body(cx)));
        other.join().unwrap();
        assert_eq!(outcome.get().is_some(), polled.is_ok());
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn a_thread_that_drops_the_body_while_another_sets_it_drops_all_of_it_or_nothing() {
    loom::model(|| {
        let drops = loom::sync::Arc::new(AtomicUsize::new(0));
        let bodiless = Bodiless::<(), u32, _>::new((), 1).0;
        let bodied = bodiless.bodied();
        let future = Counts(loom::sync::Arc::clone(&drops));
        let setter = thread::spawn(move || bodiless.set(future));
        bodied.drop_body();
        let outcome = setter.join().unwrap();
        let dropped = drops.load(Ordering::Relaxed);
        bodied.drop_body();
        assert!(dropped <= 1);
        assert_eq!(drops.load(Ordering::Relaxed), 1);
        assert!(outcome.get().is_none());
    });
}

#[test]
fn a_thread_that_sees_the_outcome_sees_all_of_it() {
    loom::model(|| {
        let (outcome, _) = counted();
        let other = outcome.fork(1);
        let other = thread::spawn(move || other.get().map(|outcome| *outcome.as_ref().unwrap()));
        assert!(outcome.bodied().poll_body(&mut Context::from_waker(Waker::noop())).is_ready());
        assert!(matches!(other.join().unwrap(), None | Some(7)));
        assert!(matches!(outcome.get(), Some(Ok(7))));
    });
}

#[test]
fn of_two_threads_that_store_an_outcome_one_does() {
    loom::model(|| {
        let (outcome, _) = counted();
        let other = outcome.fork(1);
        let other = thread::spawn(move || other.bodied().set_error(TaskError::new("other", "late".into())));
        assert!(outcome.bodied().poll_body(&mut Context::from_waker(Waker::noop())).is_ready());
        other.join().unwrap();
        assert!(outcome.get().is_some());
    });
}

#[test]
fn of_two_threads_that_end_a_portion_one_has_the_whole_and_sees_what_the_other_did() {
    loom::model(|| {
        let (bodiless, mut missing) = Bodiless::<_, u32, Counts>::new(AtomicUsize::new(0), 2);
        let other = missing.split();
        fn ends<A: portion::Amount>(portion: Portion<AtomicUsize, MISSING, A>) -> Option<usize> {
            portion.bodied().shared.fetch_add(1, Ordering::Relaxed);
            portion.end().map(|whole| whole.shared.load(Ordering::Relaxed))
        }
        let other = thread::spawn(move || ends(other));
        let own = ends(missing);
        let other = other.join().unwrap();
        assert!(matches!((own, other), (Some(2), None) | (None, Some(2))));
        drop(bodiless);
    });
}

#[test]
fn the_last_holder_drops_the_outcome_after_the_other_has_read_it() {
    loom::model(|| {
        let (outcome, _) = counted();
        assert!(outcome.bodied().poll_body(&mut Context::from_waker(Waker::noop())).is_ready());
        let other = outcome.fork(1);
        let other = thread::spawn(move || matches!(other.get(), Some(Ok(7))));
        drop(outcome);
        assert!(other.join().unwrap());
    });
}

#[test]
fn an_outcome_is_taken_only_after_the_other_holder_has_read_it() {
    loom::model(|| {
        let (mut outcome, _) = counted();
        assert!(outcome.bodied().poll_body(&mut Context::from_waker(Waker::noop())).is_ready());
        let other = outcome.fork(1);
        let other = thread::spawn(move || assert!(matches!(other.get(), Some(Ok(7)))));
        let taken = outcome.take();
        other.join().unwrap();
        assert!(taken.or_else(|| outcome.take()).is_some());
    });
}
