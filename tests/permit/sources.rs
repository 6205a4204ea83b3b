//! Which semaphores a permit may come from, and in which blocks.
#![allow(clippy::unused_async, reason = "some tasks here are done at once")]

use std::io;
use std::rc::Rc;
use std::sync::Arc;

use adagio::{SemaphoreClosed, dag};
use tokio::sync::Semaphore;

use crate::common::{Driven, now};

struct Sources<'s> {
    own: Semaphore,
    shared: Arc<Semaphore>,
    borrowed: &'s Semaphore,
    lent: &'s Arc<Semaphore>,
}

impl Sources<'_> {
    fn available(&self) -> [usize; 4] {
        [&self.own, &*self.shared, self.borrowed, &**self.lent].map(Semaphore::available_permits)
    }
}

#[dag]
impl Sources<'_> {
    #[task(permit = |this| &this.own)]
    async fn own(&self) -> [usize; 4] {
        self.available()
    }

    #[task(permit = |this| &this.shared)]
    async fn shared(&self) -> [usize; 4] {
        self.available()
    }

    #[task(permit = |this| Arc::clone(&this.shared))]
    async fn cloned(&self) -> [usize; 4] {
        self.available()
    }

    #[task(permit = |this| this.borrowed)]
    async fn borrowed(&self) -> [usize; 4] {
        self.available()
    }

    #[task(permit = |this| &this.borrowed)]
    async fn borrowed_twice(&self) -> [usize; 4] {
        self.available()
    }

    #[task(permit = |this| this.lent)]
    async fn lent(&self) -> [usize; 4] {
        self.available()
    }

    #[task(permit = |this| &this.lent)]
    async fn lent_twice(&self) -> [usize; 4] {
        self.available()
    }
}

#[test]
fn a_permit_comes_from_a_semaphore_or_an_arc_or_a_reference_to_either() {
    let (borrowed, lent) = (Semaphore::new(1), Arc::new(Semaphore::new(1)));
    let sources =
        Sources { own: Semaphore::new(1), shared: Arc::new(Semaphore::new(1)), borrowed: &borrowed, lent: &lent };
    assert_eq!(now(sources.own()), [0, 1, 1, 1]);
    assert_eq!(now(sources.shared()), [1, 0, 1, 1]);
    assert_eq!(now(sources.cloned()), [1, 0, 1, 1]);
    assert_eq!(now(sources.borrowed()), [1, 1, 0, 1]);
    assert_eq!(now(sources.borrowed_twice()), [1, 1, 0, 1]);
    assert_eq!(now(sources.lent()), [1, 1, 1, 0]);
    assert_eq!(now(sources.lent_twice()), [1, 1, 1, 0]);
    assert_eq!(sources.available(), [1, 1, 1, 1]);
}

struct Local {
    permits: Rc<Semaphore>,
}

#[dag(local)]
impl Local {
    #[task(permit = |this| &*this.permits)]
    async fn text(&self) -> Rc<usize> {
        Rc::new(self.permits.available_permits())
    }
}

#[test]
fn a_local_block_takes_permits() {
    let local = Local { permits: Rc::new(Semaphore::new(3)) };
    assert_eq!(*now(local.text()), 2);
    assert_eq!(**now(local.run().text()), 2);
}

trait Store: Sync {
    fn permits(&self) -> &Semaphore;
}

struct Disk(Semaphore);

impl Store for Disk {
    fn permits(&self) -> &Semaphore {
        &self.0
    }
}

struct Generic<S> {
    store: S,
}

#[dag]
impl<S: Store> Generic<S> {
    #[task(permit = |this| this.store.permits())]
    async fn free(&self) -> usize {
        self.store.permits().available_permits()
    }

    #[depends(free)]
    #[task(permit = |this| this.store.permits())]
    fn copied(&self, free: usize) -> usize {
        free
    }
}

#[test]
fn a_generic_block_takes_permits() {
    let generic = Generic { store: Disk(Semaphore::new(1)) };
    assert_eq!(now(generic.copied()), 0);
    assert_eq!(generic.store.permits().available_permits(), 1);
}

struct Closed {
    permits: Semaphore,
}

#[dag]
impl Closed {
    #[task(permit = |this| &this.permits)]
    async fn read(&self) -> io::Result<u8> {
        Ok(1)
    }

    #[task(permit = |this| &this.permits)]
    async fn plain(&self) -> u8 {
        1
    }

    #[task(permit = |this| &this.permits)]
    async fn refused(&self) -> Result<u8, &'static str> {
        Err("refused")
    }

    #[task(catch, permit = |this| &this.permits)]
    async fn caught(&self) -> io::Result<u8> {
        Ok(1)
    }

    #[depends(caught)]
    async fn seen(&self, caught: &io::Result<u8>) -> String {
        caught.as_ref().unwrap_err().to_string()
    }
}

const NO_PERMIT: &str = "no permit for task `read`: its semaphore is closed";

#[test]
fn a_closed_semaphore_fails_a_task_whose_error_can_be_made_from_that() {
    let closed = Closed { permits: Semaphore::new(1) };
    assert_eq!(now(closed.read()).unwrap(), 1);
    closed.permits.close();
    let error = now(closed.read()).unwrap_err();
    assert_eq!(error.to_string(), NO_PERMIT);
    let closed_error = error.get_ref().unwrap().downcast_ref::<SemaphoreClosed>().unwrap();
    assert_eq!(closed_error.task(), "read");
    let run = closed.run();
    let error = now(run.read()).unwrap_err();
    assert_eq!((error.task(), error.is_panic()), ("read", false));
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), NO_PERMIT);
    assert_eq!(now(closed.seen()), "no permit for task `caught`: its semaphore is closed");
}

#[test]
#[should_panic(expected = "no permit for task `plain`: its semaphore is closed")]
fn a_closed_semaphore_panics_in_a_task_that_cannot_fail() {
    let closed = Closed { permits: Semaphore::new(1) };
    closed.permits.close();
    now(closed.plain());
}

#[test]
#[should_panic(expected = "no permit for task `refused`: its semaphore is closed")]
fn a_closed_semaphore_panics_in_a_task_with_another_error() {
    let closed = Closed { permits: Semaphore::new(1) };
    closed.permits.close();
    _ = now(closed.refused());
}

#[test]
fn a_semaphore_that_is_closed_while_a_task_waits_fails_it() {
    let closed = Closed { permits: Semaphore::new(0) };
    let mut call = Driven::new(closed.read());
    call.settle();
    closed.permits.close();
    assert_eq!(call.run().unwrap_err().to_string(), NO_PERMIT);
}
