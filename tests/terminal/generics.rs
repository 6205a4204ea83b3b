//! Blocks with generics, lifetimes, const generics, where-clauses and consts.
#![allow(clippy::unused_async, clippy::ref_option_ref, reason = "many tasks here are done at once")]

use std::collections::HashMap;
use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::marker::PhantomData;

use adagio::dag;

use crate::common::now;

struct Wrapper<T> {
    value: T,
}

#[dag]
impl<T: Clone + Display + Send + Sync> Wrapper<T> {
    async fn value(&self) -> T {
        self.value.clone()
    }

    async fn borrowed(&self) -> &T {
        &self.value
    }

    #[depends(value, borrowed)]
    async fn text(&self, value: &T, borrowed: &T) -> String {
        format!("{value} {borrowed}")
    }

    #[depends(value)]
    fn pair(&self, value: T) -> [T; 2] {
        [value.clone(), value]
    }
}

#[test]
fn a_block_may_have_a_type_parameter() {
    assert_eq!(now(Wrapper { value: 1 }.text()), "1 1");
    assert_eq!(now(Wrapper { value: "a" }.pair()), ["a", "a"]);
}

trait Store: Sync {
    type Key: Eq + Hash + Clone + Send + Sync;
    type Error: Send + Sync;

    fn load(&self, key: &Self::Key) -> impl Future<Output = Result<u64, Self::Error>> + Send;
}

struct Map(HashMap<&'static str, u64>);

#[derive(Debug, PartialEq)]
struct NotFound;

impl Store for Map {
    type Key = &'static str;
    type Error = NotFound;

    async fn load(&self, key: &&'static str) -> Result<u64, NotFound> {
        self.0.get(key).copied().ok_or(NotFound)
    }
}

struct Service<'s, S, K>
where
    S: Store,
{
    store: &'s S,
    key: K,
}

#[dag]
impl<'s, S, K> Service<'s, S, K>
where
    S: Store<Key = K>,
    K: Eq + Hash + Clone + Send + Sync,
    S::Error: Send,
{
    async fn key(&self) -> &K {
        &self.key
    }

    async fn store(&self) -> &'s S {
        self.store
    }

    #[depends(key, store)]
    async fn loaded(&self, key: &K, store: &S) -> Result<u64, S::Error> {
        store.load(key).await
    }

    #[depends(loaded)]
    async fn doubled(&self, loaded: u64) -> u64 {
        loaded * 2
    }
}

#[test]
fn a_block_may_have_lifetimes_bounds_and_a_where_clause() {
    let store = Map(HashMap::from([("a", 3)]));
    assert_eq!(now(Service { store: &store, key: "a" }.doubled()), Ok(6));
    assert_eq!(now(Service { store: &store, key: "b" }.doubled()), Err(NotFound));
}

struct Matrix<const ROWS: usize, const COLUMNS: usize>([[u64; COLUMNS]; ROWS]);

#[dag]
impl<const ROWS: usize, const COLUMNS: usize> Matrix<ROWS, COLUMNS> {
    async fn rows(&self) -> [u64; ROWS] {
        self.0.map(|row| row.iter().sum())
    }

    async fn columns(&self) -> [u64; COLUMNS] {
        std::array::from_fn(|column| self.0.iter().map(|row| row[column]).sum())
    }

    #[depends(rows, columns)]
    async fn sums(&self, rows: &[u64], columns: &[u64; COLUMNS]) -> (u64, u64) {
        (rows.iter().sum(), columns.iter().sum())
    }
}

#[test]
fn a_block_may_have_const_parameters() {
    assert_eq!(now(Matrix([[1, 2, 3], [4, 5, 6]]).rows()), [6, 15]);
    assert_eq!(now(Matrix([[1, 2, 3], [4, 5, 6]]).sums()), (21, 21));
}

struct Anonymous<'t> {
    text: &'t str,
}

#[dag]
impl Anonymous<'_> {
    async fn length(&self) -> usize {
        self.text.len()
    }

    async fn text(&self) -> &str {
        self.text
    }

    #[depends(length, text)]
    async fn both(&self, length: &usize, text: &str) -> String {
        format!("{length} {text}")
    }

    #[depends(both)]
    async fn fallible(&self, both: &str) -> Result<usize, std::num::ParseIntError> {
        both.parse()
    }
}

#[test]
fn the_type_may_have_an_anonymous_lifetime() {
    assert_eq!(now(Anonymous { text: "abc" }.both()), "3 abc");
    assert!(now(Anonymous { text: "abc" }.fallible()).is_err());
}

struct Constants;

#[dag]
impl Constants {
    /// Visible like any other.
    pub(crate) const LIMIT: usize = 3;
    const NAMES: [&'static str; Self::LIMIT] = ["a", "b", "c"];

    async fn limit(&self) -> usize {
        Self::LIMIT
    }

    async fn names(&self) -> [&'static str; Self::LIMIT] {
        Self::NAMES
    }

    #[depends(limit, names)]
    async fn is_full(&self, limit: usize, names: &[&str; Self::LIMIT]) -> bool {
        names.len() == limit
    }
}

#[test]
fn consts_of_the_block_stay_where_they_are() {
    assert_eq!(Constants::LIMIT, 3);
    assert!(now(Constants.is_full()));
}

/// A parameter that no result mentions, one with a default, and one that is not `Sized`.
struct Phantom<T: ?Sized, U = u8> {
    of: PhantomData<fn(&U) -> Box<T>>,
}

#[dag]
impl<T: ?Sized + Debug, U> Phantom<T, U>
where
    Self: Sized,
{
    async fn one(&self) -> u8 {
        1
    }

    #[depends(one)]
    async fn two(&self, one: u8) -> u8 {
        one + 1
    }
}

#[test]
fn a_parameter_need_not_occur_in_a_result() {
    assert_eq!(now(Phantom::<str> { of: PhantomData }.two()), 2);
}

mod concrete {
    use super::*;

    /// A generic type with a block for one choice of its arguments.
    pub(super) struct Only<T, const N: usize>(pub(super) [T; N]);

    #[dag]
    impl Only<u8, 2> {
        pub(super) async fn first(&self) -> u8 {
            self.0[0]
        }

        #[depends(first)]
        pub(super) async fn sum(&self, first: u8) -> u8 {
            first + self.0[1]
        }
    }

    #[test]
    fn the_type_may_be_an_instance() {
        assert_eq!(now(Only([1, 2]).sum()), 3);
    }
}

#[test]
fn a_terminal_keeps_the_visibility_of_its_task() {
    assert_eq!(now(concrete::Only([1, 2]).first()), 1);
}

struct Explicit<'a> {
    names: &'a [String],
}

#[dag]
impl<'a> Explicit<'a> {
    /// Outlives the object.
    async fn names(&self) -> &'a [String] {
        self.names
    }

    /// The lifetime of `self`, by its name.
    async fn first<'s>(&'s self) -> Option<&'s str>
    where
        'a: 's,
    {
        self.names.first().map(String::as_str)
    }

    /// Through the result of another task, in whose type the lifetime is one of the block.
    #[depends(names, first)]
    async fn last(&self, names: &&'a [String], first: &Option<&str>) -> Option<&'a String> {
        first.and_then(|_| names.last())
    }
}

#[test]
fn a_result_may_outlive_the_object() {
    let names = ["a".to_owned(), "b".to_owned()];
    let last = now(Explicit { names: &names }.last());
    assert_eq!(last.map(String::as_str), Some("b"));
    assert_eq!(now(Explicit { names: &names }.first()), Some("a"));
}
