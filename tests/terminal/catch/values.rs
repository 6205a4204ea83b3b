//! What a task receives for a dependency that it catches.

use std::fmt;
use std::rc::Rc;
use std::task::Poll;

use adagio::{TaskError, dag};

use super::{ApiError, Page, Status, open_all};
use crate::common::{Driven, now};

#[test]
fn a_result_that_is_there_is_lent_as_an_option() {
    let page = Page::with_coupon();
    open_all(&page);
    assert_eq!(now(page.price()), 7);
    assert_eq!(*now(page.run().price()), 7);
}

#[test]
fn a_failure_far_above_makes_it_none() {
    let page = Page::default();
    open_all(&page);
    assert_eq!(now(page.price()), 10);
    assert_eq!(*now(page.run().price()), 10);
    assert!(!page.stage.events().contains(&"start coupon".to_owned()));
}

#[test]
fn a_result_names_the_task_that_failed_and_keeps_its_error() {
    let page = Page::default();
    open_all(&page);
    let told = "task `account` failed: no account, task `account` failed: no account";
    assert_eq!(now(page.report()), told);
    assert_eq!(now(page.run().report()), told);
    let page = Page::with_coupon();
    open_all(&page);
    assert_eq!(now(page.report()), "me: 3, me");
}

#[test]
fn without_a_parameter_it_only_orders() {
    let page = Page::default();
    let mut goodbye = Driven::new(page.goodbye());
    assert!(goodbye.poll().is_pending());
    assert_eq!(page.stage.events(), ["start account"]);
    page.stage.open("account");
    assert_eq!(goodbye.poll(), Poll::Ready(5));
    assert_eq!(page.stage.events(), ["end account", "start goodbye", "end goodbye"]);
}

/// Errors that no code reads.
struct Gateway {
    is_up: bool,
}

#[dag]
impl Gateway {
    async fn news(&self) -> Result<Vec<u8>, Status> {
        if self.is_up { Ok(vec![1, 2]) } else { Err(Status(503)) }
    }

    #[depends(catch news)]
    async fn page(&self, news: Option<&[u8]>) -> usize {
        news.map_or(0, <[u8]>::len)
    }

    #[task(catch)]
    #[depends(news)]
    async fn checked(&self, news: &[u8]) -> Result<u8, Status> {
        if news.len() > 1 { Err(Status(400)) } else { Ok(1) }
    }

    #[depends(catch checked)]
    fn audit(&self, checked: Option<&Result<u8, Status>>) -> String {
        format!("{checked:?}")
    }
}

#[test]
fn an_option_asks_nothing_of_the_error() {
    assert_eq!(now(Gateway { is_up: false }.page()), 0);
    assert_eq!(now(Gateway { is_up: true }.page()), 2);
}

#[test]
fn a_result_that_is_a_value_can_be_caught_where_its_dependencies_fail() {
    assert_eq!(now(Gateway { is_up: false }.audit()), "None");
    assert_eq!(now(Gateway { is_up: true }.audit()), "Some(Err(Status(400)))");
}

/// Tasks with the names of the words for kinds.
struct Words;

#[dag]
impl Words {
    async fn catch(&self) -> Result<u8, Status> {
        Err(Status(1))
    }

    async fn lazy(&self) -> u8 {
        2
    }

    #[depends(lazy, catch)]
    fn both(&self, lazy: u8, catch: u8) -> u8 {
        lazy + catch
    }

    #[depends(lazy, catch catch)]
    fn caught(&self, lazy: u8, catch: Option<u8>) -> u8 {
        lazy + catch.unwrap_or(5)
    }
}

#[test]
fn a_word_for_a_kind_is_one_only_before_a_name() {
    assert_eq!(now(Words.both()), Err(Status(1)));
    assert_eq!(now(Words.caught()), 7);
}

/// Types of all kinds, and results that stay on one thread.
struct Store<'s, T> {
    name: &'s str,
    item: Option<T>,
}

#[dag(local)]
impl<'s, T: Clone + fmt::Debug> Store<'s, T> {
    async fn item(&self) -> Result<Rc<T>, ApiError> {
        self.item.clone().map(Rc::new).ok_or(ApiError("item"))
    }

    #[depends(catch item)]
    async fn label(&self, item: Option<&T>) -> String {
        format!("{} {item:?}", self.name)
    }

    #[depends(catch item)]
    fn shared(&self, item: Result<Rc<T>, TaskError>) -> Option<Rc<T>> {
        item.ok()
    }

    async fn title(&self) -> Result<&'s str, ApiError> {
        if self.name.is_empty() { Err(ApiError("title")) } else { Ok(self.name) }
    }

    #[depends(catch title)]
    fn heading(&self, title: Option<&&'s str>) -> &'s str {
        title.copied().unwrap_or("untitled")
    }
}

#[test]
fn generic_and_local_blocks_catch_too() {
    let full = Store { name: "shop", item: Some(3_u8) };
    assert_eq!(now(full.label()), "shop Some(3)");
    assert_eq!(now(full.shared()), Some(Rc::new(3)));
    let empty = Store::<Vec<u8>> { name: "", item: None };
    assert_eq!(now(empty.label()), " None");
    assert_eq!(now(empty.run().shared()), &None);
    assert_eq!(now(empty.heading()), "untitled");
}
