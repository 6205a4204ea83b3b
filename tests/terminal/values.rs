//! How results reach the tasks that depend on them.
#![allow(
    clippy::unused_async,
    clippy::ptr_arg,
    clippy::ref_option_ref,
    clippy::trivially_copy_pass_by_ref,
    clippy::needless_lifetimes,
    reason = "the shapes of signatures are what is tested"
)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use adagio::dag;

use crate::common::now;

struct Text;

#[dag]
impl Text {
    async fn text(&self) -> String {
        "adagio".to_owned()
    }

    fn numbers(&self) -> Vec<u64> {
        vec![1, 2, 3]
    }

    async fn boxed(&self) -> Box<u64> {
        Box::new(7)
    }

    #[depends(text, numbers, boxed)]
    async fn coerced(&self, text: &str, numbers: &[u64], boxed: &u64) -> String {
        format!("{text} {numbers:?} {boxed}")
    }

    #[depends(text, numbers)]
    async fn reordered(&self, numbers: &Vec<u64>, text: &String) -> usize {
        text.len() + numbers.len()
    }

    #[depends(text)]
    async fn upper(&self, mut text: String) -> String {
        text.make_ascii_uppercase();
        text
    }

    #[depends(text, upper)]
    async fn both(&self, _text: &str, upper: String) -> String {
        upper
    }

    #[depends(text, numbers)]
    fn sum(&self, numbers: &[u64]) -> u64 {
        numbers.iter().sum()
    }

    #[depends(sum)]
    fn nothing(&self, _sum: &u64) {}

    #[depends(nothing)]
    async fn of_nothing(&self, nothing: &()) -> &'static str {
        let () = nothing;
        "nothing"
    }

    #[depends(nothing)]
    async fn of_nothing_by_value(&self, nothing: ()) -> &'static str {
        let () = nothing;
        "nothing"
    }
}

#[test]
fn a_borrowed_parameter_coerces() {
    assert_eq!(now(Text.coerced()), "adagio [1, 2, 3] 7");
}

#[test]
fn parameters_match_by_name_whatever_their_order() {
    assert_eq!(now(Text.reordered()), 9);
}

#[test]
fn a_parameter_by_value_gets_a_clone_that_it_may_change() {
    assert_eq!(now(Text.upper()), "ADAGIO");
    assert_eq!(now(Text.both()), "ADAGIO");
}

#[test]
fn a_plain_fn_is_a_task_whose_terminal_is_awaited() {
    assert_eq!(now(Text.sum()), 6);
}

#[test]
fn a_task_without_a_result_gives_unit() {
    now(Text.nothing());
    assert_eq!(now(Text.of_nothing()), "nothing");
    assert_eq!(now(Text.of_nothing_by_value()), "nothing");
}

/// Counts its clones.
struct Counted<'c>(&'c AtomicUsize);

impl Clone for Counted<'_> {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, Ordering::Relaxed);
        Self(self.0)
    }
}

#[derive(Default)]
struct Clones {
    count: AtomicUsize,
}

#[dag]
impl Clones {
    async fn value(&self) -> Counted<'_> {
        Counted(&self.count)
    }

    #[depends(value)]
    async fn borrows(&self, value: &Counted<'_>) -> usize {
        value.0.load(Ordering::Relaxed)
    }

    #[depends(value)]
    async fn clones(&self, value: Counted<'_>) -> usize {
        value.0.load(Ordering::Relaxed)
    }

    #[depends(value, borrows)]
    async fn orders(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }
}

#[test]
fn only_a_parameter_by_value_clones() {
    let clones = Clones::default();
    assert_eq!(now(clones.borrows()), 0);
    assert_eq!(now(clones.orders()), 0);
    now(clones.value());
    assert_eq!(clones.count.load(Ordering::Relaxed), 0);
    assert_eq!(now(clones.clones()), 1);
}

/// Neither `Clone` nor `Debug`.
struct Opaque(u64);

struct Config {
    name: String,
    count: Mutex<u64>,
}

#[dag]
impl Config {
    async fn name(&self) -> &str {
        &self.name
    }

    async fn count(&self) -> &Mutex<u64> {
        &self.count
    }

    async fn first(&self) -> Option<&str> {
        self.name.get(..1)
    }

    async fn named<'s>(&'s self) -> (&'s str, Opaque) {
        (&self.name, Opaque(3))
    }

    #[depends(named)]
    async fn named_of<'s, 't>(&'s self, named: &'t (&str, Opaque)) -> (usize, &'s str) {
        (named.0.len(), &self.name)
    }

    #[depends(name, count, first)]
    async fn joined(&self, name: &str, count: &Mutex<u64>, first: &Option<&str>) -> String {
        *count.lock().unwrap() += 1;
        format!("{name} {first:?}")
    }

    fn same(&self) -> &Self {
        self
    }

    #[depends(same)]
    async fn own_name(&self, same: &Self) -> usize {
        same.name.len()
    }
}

#[dag(local)]
impl Locked {
    async fn guard(&self) -> MutexGuard<'_, u64> {
        self.0.lock().unwrap()
    }

    #[depends(guard)]
    async fn read(&self, guard: &u64) -> u64 {
        assert!(self.0.try_lock().is_err());
        *guard
    }
}

struct Locked(Mutex<u64>);

#[test]
fn a_result_may_borrow_from_self() {
    let config = Config { name: "adagio".to_owned(), count: Mutex::new(0) };
    assert_eq!(now(config.name()), "adagio");
    assert_eq!(now(config.first()), Some("a"));
    assert_eq!(now(config.named()).0, "adagio");
    assert_eq!(now(config.named_of()), (6, "adagio"));
    assert_eq!(now(config.joined()), "adagio Some(\"a\")");
    assert_eq!(*now(config.count()).lock().unwrap(), 1);
    assert_eq!(now(config.own_name()), 6);
}

#[test]
fn a_guard_of_self_lives_as_long_as_the_run() {
    let locked = Locked(Mutex::new(7));
    assert_eq!(now(locked.read()), 7);
    assert!(locked.0.try_lock().is_ok());
    let guard = now(locked.guard());
    assert_eq!(*guard, 7);
    assert!(locked.0.try_lock().is_err());
}

struct Wide;

#[dag]
impl Wide {
    async fn a(&self) -> Opaque {
        Opaque(1)
    }

    fn b(&self) -> Opaque {
        Opaque(2)
    }

    #[depends(a, b)]
    async fn pair(&self, a: &Opaque, b: &Opaque) -> [Opaque; 2] {
        [Opaque(a.0 * 10), Opaque(b.0 * 10)]
    }

    #[depends(pair)]
    async fn slice(&self, pair: &[Opaque]) -> u64 {
        pair.iter().map(|opaque| opaque.0).sum()
    }

    #[depends(pair, a, b)]
    async fn boxed(&self, pair: &[Opaque; 2], a: &Opaque, b: &Opaque) -> Box<dyn Fn(u64) -> u64 + Send + Sync> {
        let sum = pair[0].0 + pair[1].0 + a.0 + b.0;
        Box::new(move |more| sum + more)
    }

    #[depends(boxed)]
    async fn called(&self, boxed: &(dyn Fn(u64) -> u64 + Send + Sync)) -> u64 {
        boxed(100)
    }
}

#[test]
fn a_result_need_not_be_clone_nor_debug() {
    assert_eq!(now(Wide.pair())[1].0, 20);
    assert_eq!(now(Wide.slice()), 30);
    assert_eq!(now(Wide.called()), 133);
}

/// Counts the drops of its values.
struct Dropped<'c>(&'c AtomicUsize);

impl Drop for Dropped<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[derive(Default)]
struct Drops {
    count: AtomicUsize,
}

#[dag]
impl Drops {
    async fn a(&self) -> Dropped<'_> {
        Dropped(&self.count)
    }

    #[depends(a)]
    async fn b(&self, a: &Dropped<'_>) -> Dropped<'_> {
        assert_eq!(a.0.load(Ordering::Relaxed), 0);
        Dropped(&self.count)
    }
}

#[test]
fn every_result_but_the_terminals_is_dropped_with_the_run() {
    let drops = Drops::default();
    let b = now(drops.b());
    assert_eq!(drops.count.load(Ordering::Relaxed), 1);
    drop(b);
    assert_eq!(drops.count.load(Ordering::Relaxed), 2);
}
