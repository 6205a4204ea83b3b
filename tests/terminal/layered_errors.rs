//! Layers of errors: conversions are required only into the errors of terminals that are awaited or visible to others.

use std::error::Error;
use std::fmt;
use std::future::ready;
use std::sync::atomic::{AtomicUsize, Ordering};

use adagio::dag;

use crate::common::now;

macro_rules! error {
    ($($name:ident: $($from:ident)*;)*) => {
        $(
            #[derive(Debug, Clone, PartialEq, Eq)]
            struct $name(&'static str);

            impl fmt::Display for $name {
                fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                    formatter.write_str(self.0)
                }
            }

            impl Error for $name {}

            $(impl From<$from> for $name {
                fn from(error: $from) -> Self {
                    Self(error.0)
                }
            })*
        )*
    };
}

error! {
    DbError: ;
    HttpError: ;
    PageError: DbError HttpError;
}

fn is_send<T: Send>(value: T) -> T {
    value
}

/// Fails in the task with this name.
struct Shop(&'static str);

impl Shop {
    fn act<E>(&self, task: &'static str, error: impl FnOnce(&'static str) -> E) -> Result<u64, E> {
        if self.0 == task { Err(error(task)) } else { Ok(1) }
    }
}

#[dag]
impl Shop {
    async fn user(&self) -> Result<u64, DbError> {
        ready(self.act("user", DbError)).await
    }

    #[depends(user)]
    async fn price(&self, user: &u64) -> Result<u64, HttpError> {
        ready(self.act("price", HttpError).map(|price| price + user)).await
    }

    #[depends(user, price)]
    pub(crate) fn page(&self, user: u64, price: u64) -> Result<u64, PageError> {
        Ok(self.act("page", PageError)? + user + price)
    }
}

#[test]
fn layers_need_conversions_only_into_the_one_that_is_awaited() {
    assert_eq!(now(Shop("").page()), Ok(4));
    assert_eq!(now(Shop("user").page()), Err(PageError("user")));
    assert_eq!(now(Shop("price").page()), Err(PageError("price")));
    assert_eq!(now(Shop("page").page()), Err(PageError("page")));
    assert_eq!(now(is_send(Shop("user").user())), Err(DbError("user")));
}

#[test]
fn a_run_asks_for_no_conversion() {
    let shop = Shop("user");
    let run = shop.run();
    for error in [now(run.price()).unwrap_err(), now(run.page()).unwrap_err()] {
        assert_eq!(error.task(), "user");
        assert_eq!(error.downcast_ref(), Some(&DbError("user")));
    }
    assert_eq!(now(Shop("").run().with_user(5).price()).copied().ok(), Some(6));
}

error! {
    Low: ;
    Middle: Low;
}

struct Convertible;

#[dag]
impl Convertible {
    async fn low(&self) -> Result<u64, Low> {
        ready(Err(Low("low"))).await
    }

    /// It takes over the error of the first fallible task, and has to convert that of the other.
    #[depends(low)]
    async fn middle(&self, low: &u64) -> Result<u64, Middle> {
        ready(Ok(*low)).await
    }

    #[depends(low)]
    #[task(catch)]
    async fn caught(&self, low: &u64) -> Result<u64, Middle> {
        ready(Ok(*low)).await
    }

    #[depends(middle, low)]
    fn lifted(&self, middle: u64, low: u64) -> u64 {
        middle + low
    }

    #[depends(middle, caught, lifted)]
    pub(crate) async fn last(&self) -> Result<(), Middle> {
        ready(Ok(())).await
    }
}

#[test]
fn a_deferred_terminal_whose_conversion_exists_is_awaited_like_any_other() {
    let object = Convertible;
    assert_eq!(now(is_send(object.middle())), Err(Middle("low")));
    assert_eq!(now(object.caught()), Err(Middle("low")));
    assert_eq!(now(object.lifted()), Err(Middle("low")));
    assert_eq!(now(object.last()), Err(Middle("low")));
    assert_eq!(now(futures::future::join(object.middle(), object.caught())), (Err(Middle("low")), Err(Middle("low"))));
}

/// A conversion that only some of its type parameters have.
#[derive(Debug, PartialEq)]
struct Tagged<E>(E);

struct Generic<E>(E);

#[dag]
impl<E: Clone + Send + Sync> Generic<E> {
    async fn first(&self) -> Result<u64, E> {
        ready(Err(self.0.clone())).await
    }

    #[depends(first)]
    async fn second(&self, first: &u64) -> Result<u64, Tagged<E>> {
        ready(Ok(*first)).await
    }

    #[depends(second)]
    #[task(catch)]
    pub(crate) async fn third(&self, second: &u64) -> Result<u64, Both<E>> {
        ready(Ok(*second)).await
    }
}

#[derive(Debug, PartialEq)]
enum Both<E> {
    Plain(E),
    Tagged(Tagged<E>),
}

impl<E> From<E> for Both<E> {
    fn from(error: E) -> Self {
        Self::Plain(error)
    }
}

impl<E> From<Tagged<E>> for Both<E> {
    fn from(error: Tagged<E>) -> Self {
        Self::Tagged(error)
    }
}

impl From<&'static str> for Tagged<&'static str> {
    fn from(error: &'static str) -> Self {
        Self(error)
    }
}

#[test]
fn a_generic_block_has_its_conversions_where_its_types_are_known() {
    assert_eq!(now(Generic("first").second()), Err(Tagged("first")));
    assert_eq!(now(Generic(5).third()), Err(Both::Plain(5)));
}

/// An error that borrows from the object.
#[derive(Debug, PartialEq)]
struct Borrowed<'s>(&'s str);

impl From<DbError> for Borrowed<'_> {
    fn from(error: DbError) -> Self {
        Self(error.0)
    }
}

struct Lender(String);

#[dag]
impl Lender {
    async fn row(&self) -> Result<&str, DbError> {
        ready(if self.0.is_empty() { Err(DbError("row")) } else { Ok(self.0.as_str()) }).await
    }

    #[depends(row)]
    async fn parsed(&self, row: &str) -> Result<u64, Borrowed<'_>> {
        ready(row.parse().map_err(|_| Borrowed(&self.0))).await
    }

    #[depends(parsed)]
    pub(crate) fn doubled(&self, parsed: u64) -> u64 {
        parsed * 2
    }
}

#[test]
fn an_error_with_the_lifetime_of_the_object_converts() {
    assert_eq!(now(Lender("x".to_owned()).parsed()), Err(Borrowed("x")));
    assert_eq!(now(Lender(String::new()).doubled()), Err(Borrowed("row")));
}

mod deprecated {
    #![deny(warnings)]
    #![expect(deprecated, reason = "`page` depends on what is deprecated")]

    use super::{DbError, HttpError, PageError};

    pub(super) struct Graph;

    #[adagio::dag]
    impl Graph {
        async fn user(&self) -> Result<u64, DbError> {
            std::future::ready(Err(DbError("user"))).await
        }

        #[deprecated = "await `page`"]
        #[depends(user)]
        async fn price(&self, user: &u64) -> Result<u64, HttpError> {
            std::future::ready(Ok(*user)).await
        }

        #[depends(price)]
        pub(super) async fn page(&self, price: u64) -> Result<u64, PageError> {
            std::future::ready(Ok(price)).await
        }
    }
}

#[test]
fn a_deprecated_layer_is_told_to_those_alone_who_depend_on_it() {
    assert_eq!(now(deprecated::Graph.page()), Err(PageError("user")));
}

/// How often the object of the inner graph was created.
static MADE: AtomicUsize = AtomicUsize::new(0);

struct Outer(&'static str);

#[dag]
impl Outer {
    #[task(graph)]
    fn shop(&self) -> Shop {
        MADE.fetch_add(1, Ordering::Relaxed);
        Shop(self.0)
    }

    #[depends(shop.page, shop.user)]
    async fn shown(&self, page: &u64, user: &u64) -> Result<u64, PageError> {
        ready(Ok(page + user)).await
    }
}

#[test]
fn a_layered_block_is_a_graph_inside_of_another() {
    assert_eq!(now(Outer("").shown()), Ok(5));
    assert_eq!(now(Outer("price").shown()), Err(PageError("price")));
    assert_eq!(MADE.load(Ordering::Relaxed), 2);
}

mod lints {
    #![deny(warnings, clippy::all, clippy::pedantic)]

    use super::{DbError, HttpError, PageError};

    pub(super) struct Graph;

    #[adagio::dag]
    impl Graph {
        async fn user(&self) -> Result<u64, DbError> {
            std::future::ready(Err(DbError("user"))).await
        }

        #[depends(user)]
        async fn price(&self, user: &u64) -> Result<u64, HttpError> {
            std::future::ready(Ok(*user)).await
        }

        /// It is dead, and said to be.
        #[expect(dead_code)]
        #[depends(price)]
        async fn unused(&self, price: u64) -> Result<u64, PageError> {
            std::future::ready(Ok(price)).await
        }

        #[depends(price)]
        pub(super) async fn page(&self, price: u64) -> Result<u64, PageError> {
            std::future::ready(Ok(price)).await
        }
    }
}

#[test]
fn what_nobody_needs_of_a_layered_block_is_dead_code() {
    assert_eq!(now(lints::Graph.page()), Err(PageError("user")));
}

#[cfg(feature = "tokio")]
mod across_threads {
    use std::sync::Arc;

    use super::*;

    struct Spawned;

    #[dag(spawn)]
    impl Spawned {
        async fn user(&self) -> Result<u64, DbError> {
            ready(Err(DbError("user"))).await
        }

        #[depends(user)]
        async fn price(&self, user: &u64) -> Result<u64, HttpError> {
            ready(Ok(*user)).await
        }

        #[depends(price)]
        pub(crate) async fn page(&self, price: u64) -> Result<u64, PageError> {
            ready(Ok(price)).await
        }
    }

    #[tokio::test]
    async fn a_layered_block_runs_on_other_threads() {
        let _deadline = crate::common::deadline();
        assert_eq!(Arc::new(Spawned).page().await, Err(PageError("user")));
    }
}
