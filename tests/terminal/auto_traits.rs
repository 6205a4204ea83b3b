//! The types that can be sent to another thread.
#![allow(clippy::unused_async, reason = "many tasks here are done at once")]

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::rc::Rc;

use adagio::dag;

use crate::common::{Driven, now, yield_once};

fn is_send<T: Send>(value: T) -> T {
    value
}

struct Shared<T>(T);

#[dag]
impl<T: Clone + Send + Sync> Shared<T> {
    async fn value(&self) -> Result<T, String> {
        Ok(self.0.clone())
    }

    #[depends(value)]
    async fn pair(&self, value: &T) -> [T; 2] {
        yield_once().await;
        [value.clone(), value.clone()]
    }
}

#[test]
fn a_terminal_is_send() {
    drop(is_send(Shared(1).value()));
    drop(is_send(Shared("a".to_owned()).pair()));
}

/// An error that borrows from the object.
struct Borrowed<'s>(&'s str);

struct Errors(String);

#[dag]
impl Errors {
    async fn text(&self) -> Result<&str, &'static str> {
        yield_once().await;
        Err("text")
    }

    #[depends(text)]
    async fn borrowed(&self, text: &str) -> Result<usize, Borrowed<'_>> {
        if text == self.0 { Ok(1) } else { Err(Borrowed(&self.0)) }
    }

    #[depends(text)]
    async fn boxed(&self, text: &str) -> Result<usize, Box<dyn Error + Send + Sync>> {
        Ok(text.parse()?)
    }
}

impl<'s> From<&'s str> for Borrowed<'s> {
    fn from(text: &'s str) -> Self {
        Self(text)
    }
}

#[test]
fn a_terminal_is_send_whatever_lifetimes_its_errors_have() {
    let errors = Errors("text".to_owned());
    drop(is_send(errors.text()));
    assert!(matches!(Driven::new(is_send(errors.borrowed())).run(), Err(Borrowed("text"))));
    drop(is_send(errors.boxed()));
}

/// A store whose trait has plain `async fn`s: it is not known whether their futures are `Send`.
trait Store {
    async fn load(&self) -> u64;
}

struct Memory(Cell<u64>);

impl Store for Memory {
    async fn load(&self) -> u64 {
        self.0.set(self.0.get() + 1);
        self.0.get()
    }
}

struct Local<S> {
    store: Rc<S>,
    log: RefCell<Vec<u64>>,
}

#[dag(local)]
impl<S: Store> Local<S> {
    async fn store(&self) -> Rc<S> {
        Rc::clone(&self.store)
    }

    #[depends(store)]
    async fn loaded(&self, store: &S) -> Result<Rc<u64>, Rc<str>> {
        let loaded = Rc::new(store.load().await);
        self.log.borrow_mut().push(*loaded);
        Ok(loaded)
    }

    #[depends(loaded)]
    async fn twice(&self, loaded: &u64) -> u64 {
        loaded * 2
    }
}

#[test]
fn a_local_block_asks_for_no_send() {
    let local = Local { store: Rc::new(Memory(Cell::new(2))), log: RefCell::default() };
    assert_eq!(now(local.twice()), Ok(6));
    assert_eq!(*local.log.borrow(), [3]);
}

struct LocalOfSend;

#[dag(local)]
impl LocalOfSend {
    async fn value(&self) -> Result<u64, String> {
        yield_once().await;
        Ok(1)
    }

    #[depends(value)]
    async fn twice(&self, value: &u64) -> u64 {
        value * 2
    }
}

#[test]
fn a_terminal_of_a_local_block_is_send_where_its_tasks_are() {
    drop(is_send(LocalOfSend.twice()));
}
