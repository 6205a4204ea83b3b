use std::future::{pending, poll_fn, ready};
use std::marker::PhantomPinned;
use std::sync::{Mutex, OnceLock, Weak};
use std::task::Waker;

use super::*;

impl Unheld for () {}

fn cx() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

fn with_body<T: Send + Sync + 'static, F>(future: F) -> Outcome<(), T>
where
    F: Future<Output = Result<T, TaskError>> + Send + 'static,
{
    Bodiless::new((), 1).0.set(future)
}

/// Adds its address to a list at each poll and at its drop. It is ready at the third poll.
struct Notes(Arc<Mutex<Vec<usize>>>, PhantomPinned);

impl Notes {
    fn note(&self) -> usize {
        let mut notes = self.0.lock().unwrap();
        notes.push(std::ptr::from_ref(self).addr());
        notes.len()
    }
}

impl Future for Notes {
    type Output = Result<(), TaskError>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        if self.note() == 3 { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}

impl Drop for Notes {
    fn drop(&mut self) {
        self.note();
    }
}

#[test]
fn a_future_stays_in_its_place_until_it_is_dropped() {
    let notes = Arc::default();
    let outcome = with_body(Notes(Arc::clone(&notes), PhantomPinned));
    let polled = [outcome.fork(1), outcome.fork(1), outcome].map(|outcome| outcome.bodied().poll_body(&mut cx()));
    assert_eq!(polled, [Poll::Pending, Poll::Pending, Poll::Ready(())]);
    let notes = notes.lock().unwrap();
    assert_eq!(notes.len(), 4);
    assert!(notes.iter().all(|address| *address == notes[0]));
}

#[test]
fn a_future_that_was_not_polled_is_dropped_with_the_last_holder() {
    let held = Arc::new(());
    let inside = Arc::clone(&held);
    let outcome = with_body(async move {
        pending::<()>().await;
        drop(inside);
        Ok(())
    });
    let other = outcome.fork(1);
    drop(outcome);
    assert_eq!(Arc::strong_count(&held), 2);
    drop(other);
    assert_eq!(Arc::strong_count(&held), 1);
}

#[test]
fn only_the_last_holder_takes_the_outcome() {
    let mut outcome = with_body(ready(Ok(vec![7])));
    assert!(outcome.get().is_none() && !outcome.bodied().has_outcome());
    assert!(outcome.bodied().poll_body(&mut cx()).is_ready());
    let other = outcome.fork(1);
    assert!(outcome.take().is_none());
    assert_eq!(other.get().unwrap().as_ref().unwrap(), &[7]);
    drop(other);
    assert_eq!(outcome.take().unwrap().unwrap(), [7]);
    assert!(!outcome.bodied().has_outcome());
}

#[test]
fn a_body_that_is_missing_is_not_dropped_and_may_be_set_after_the_failure() {
    let held = Arc::new(());
    let inside = Arc::clone(&held);
    let bodiless = Bodiless::<_, (), _>::new((), 1).0;
    let bodied = bodiless.bodied();
    bodied.set_error(TaskError::aborted("early"));
    bodied.drop_body();
    let outcome = bodiless.set(async move {
        pending::<()>().await;
        drop(inside);
        Ok(())
    });
    assert_eq!(Arc::strong_count(&held), 2);
    bodied.drop_body();
    assert_eq!(Arc::strong_count(&held), 1);
    assert!(matches!(outcome.get(), Some(Err(error)) if error.is_aborted()));
}

#[test]
fn an_error_does_not_replace_an_outcome() {
    let outcome = with_body(ready(Ok(7)));
    assert!(outcome.bodied().poll_body(&mut cx()).is_ready());
    outcome.bodied().set_error(TaskError::aborted("late"));
    assert!(outcome.bodied().error().is_none());
    assert!(matches!(outcome.get(), Some(Ok(7))));

    let failed = with_body::<u32, _>(pending());
    failed.bodied().set_error(TaskError::aborted("failed"));
    assert_eq!(failed.bodied().error().unwrap().task(), "failed");
}

/// Panics when it is dropped.
struct Panics(Arc<AtomicUsize>);

impl Drop for Panics {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
        panic!("a drop");
    }
}

#[test]
fn a_panic_in_the_drop_of_the_future_leaves_no_outcome_although_the_output_panics_too() {
    let drops = Arc::new(AtomicUsize::new(0));
    let (output, inside) = (Panics(Arc::clone(&drops)), Panics(Arc::clone(&drops)));
    let mut output = Some(output);
    let outcome = with_body(poll_fn(move |_| {
        let _keeps = &inside;
        Poll::Ready(Ok(output.take().unwrap()))
    }));
    let polled = catch_unwind(AssertUnwindSafe(|| outcome.bodied().poll_body(&mut cx())));
    assert_eq!(*polled.unwrap_err().downcast::<&str>().unwrap(), "a drop");
    assert_eq!(drops.load(Ordering::SeqCst), 2);
    assert!(outcome.get().is_none());
    outcome.bodied().drop_body();
}

#[test]
fn a_future_that_is_being_polled_is_neither_dropped_nor_polled() {
    let own = Arc::new(OnceLock::<Weak<Bodied<()>>>::new());
    let inside = Arc::clone(&own);
    let outcome = with_body(poll_fn(move |cx| {
        let bodied = inside.get().unwrap().upgrade().unwrap();
        bodied.drop_body();
        let again = catch_unwind(AssertUnwindSafe(|| bodied.poll_body(cx)));
        Poll::Ready(Ok((again.is_err(), Arc::strong_count(&inside))))
    }));
    own.set(Arc::downgrade(&outcome.held().whole())).unwrap();
    assert!(outcome.bodied().poll_body(&mut cx()).is_ready());
    assert!(matches!(outcome.get(), Some(Ok((true, 2)))));
    assert_eq!(Arc::strong_count(&own), 1);
}

#[test]
fn the_last_portion_has_the_whole_however_they_were_divided() {
    let (bodiless, mut missing) = Bodiless::<_, (), std::future::Ready<Result<(), TaskError>>>::new((), 4);
    let [first, second] = [missing.split(), missing.split()];
    assert!(bodiless.bodied().is_missing());
    assert_eq!((missing.amount(), missing.others()), (2, 2));
    assert!(first.end().is_none());
    assert!(missing.end().is_none());
    let whole = second.end().unwrap();
    assert!(!whole.is_missing());
    drop(bodiless);
    assert_eq!(Arc::strong_count(&whole), 1);
}

#[test]
#[should_panic = "one portion is left for oneself"]
fn the_only_portion_is_not_divided() {
    Bodiless::<_, (), std::future::Ready<Result<(), TaskError>>>::new((), 1).1.split();
}
