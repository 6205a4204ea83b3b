//! Runs that own a share of their object.
#![allow(clippy::unused_async, reason = "some tasks here are done at once")]

use std::cell::Cell;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use adagio::{TaskError, dag};

use crate::common::{Driven, Stage, deadline, now};

struct Graph {
    stage: Arc<Stage>,
    drops: Arc<AtomicUsize>,
}

impl Graph {
    fn new() -> (Arc<Self>, Arc<Stage>, Arc<AtomicUsize>) {
        let (stage, drops) = (Arc::new(Stage::default()), Arc::new(AtomicUsize::new(0)));
        (Arc::new(Self { stage: Arc::clone(&stage), drops: Arc::clone(&drops) }), stage, drops)
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::SeqCst);
    }
}

#[dag(max_concurrency = 1)]
impl Graph {
    async fn a(&self) -> String {
        self.stage.act("a").await;
        "a".to_owned()
    }

    async fn fails(&self) -> Result<u32, std::num::ParseIntError> {
        "x".parse()
    }

    #[depends(a)]
    #[task(close = |text| async move { drop(text) })]
    async fn b(&self, a: &str) -> String {
        self.stage.act("b").await;
        format!("{a}b")
    }

    #[depends(fails)]
    fn after(&self, fails: u32) -> u32 {
        fails
    }
}

/// A type without a lifetime keeps the run.
struct Kept {
    run: GraphRun<'static>,
}

#[test]
fn a_run_that_owns_its_object_is_kept_in_a_struct_and_outlives_the_handle() {
    let (graph, stage, drops) = Graph::new();
    let kept = Kept { run: graph.run_owned() };
    drop(graph);
    assert_eq!(drops.load(Ordering::SeqCst), 0);
    stage.open("a");
    stage.open("b");
    assert_eq!(now(kept.run.b()), "ab");
    assert_eq!(now(kept.run.a()), "a");
    assert_eq!(stage.events(), ["start a", "end a", "start b", "end b"]);
    drop(kept);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}

#[test]
fn a_run_that_owns_its_object_and_never_starts_drops_its_share() {
    let (graph, _, drops) = Graph::new();
    let run = graph.run_owned();
    drop(graph);
    assert_eq!(drops.load(Ordering::SeqCst), 0);
    drop(run);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}

#[test]
fn a_run_that_owns_its_object_drops_it_with_the_tasks_under_way() {
    let (graph, stage, drops) = Graph::new();
    let run = graph.run_owned();
    drop(graph);
    let mut goal = Driven::new(run.b());
    goal.settle();
    drop(goal);
    drop(run);
    assert_eq!(stage.events(), ["start a", "drop a"]);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_run_that_owns_its_object_moves_into_a_task() {
    let _deadline = deadline();
    let (graph, stage, _) = Graph::new();
    stage.open("a");
    stage.open("b");
    let run = graph.run_owned();
    drop(graph);
    let text = tokio::spawn(async move { run.b().await.clone() });
    assert_eq!(text.await.unwrap(), "ab");
}

#[test]
fn settings_injections_failures_and_closing_work_as_in_any_run() {
    let (graph, stage, _) = Graph::new();
    let timeline = adagio::Timeline::new();
    let run = graph.run_owned().with_a("injected ".to_owned()).max_concurrency(2).observe(timeline.clone());
    stage.open("b");
    assert_eq!(now(run.b()), "injected b");
    assert_eq!(now(run.after()).unwrap_err().task(), "fails");
    assert_eq!(timeline.tasks().len(), 3);
    run.retry_failed();
    assert_eq!(now(run.settle()).iter().map(TaskError::task).collect::<Vec<_>>(), ["fails"]);
    now(run.close()).unwrap();
}

#[test]
fn two_runs_of_one_object_are_apart() {
    let (graph, stage, _) = Graph::new();
    stage.open("a");
    let (one, other) = (graph.run_owned(), graph.run_owned());
    assert_eq!(now(one.a()), now(other.a()));
    assert_eq!(stage.events().len(), 4);
}

/// `Sync` and not `Send`, as a lock guard is: it is used by reference, and owned by nobody else.
struct OnlySync<'l> {
    guard: MutexGuard<'l, u32>,
}

#[dag]
impl OnlySync<'_> {
    async fn value(&self) -> u32 {
        *self.guard
    }
}

#[test]
fn an_object_that_is_only_sync_has_runs_that_borrow_it() {
    let lock = Mutex::new(7);
    let object = OnlySync { guard: lock.lock().unwrap() };
    assert_eq!(now(object.value()), 7);
    assert_eq!(*now(object.run().value()), 7);
}

struct Local {
    count: Rc<Cell<u32>>,
}

#[dag(local)]
impl Local {
    async fn count(&self) -> Rc<Cell<u32>> {
        self.count.set(self.count.get() + 1);
        Rc::clone(&self.count)
    }
}

#[test]
#[expect(clippy::arc_with_non_send_sync, reason = "the receiver of `run_owned` is an `Arc` in every block")]
fn a_run_of_a_local_block_owns_its_object() {
    let run = Arc::new(Local { count: Rc::default() }).run_owned();
    assert_eq!(now(run.count()).get(), 1);
    assert_eq!(now(run.count()).get(), 1);
}

struct Generic<'g, T> {
    values: &'g [T],
}

#[dag]
impl<'g, T: Clone + Send + Sync> Generic<'g, T> {
    async fn values(&self) -> &'g [T] {
        self.values
    }

    #[depends(values)]
    fn first(&self, values: &[T]) -> Option<T> {
        values.first().cloned()
    }
}

fn owned<T: Clone + Send + Sync>(values: &[T]) -> GenericRun<'_, '_, T> {
    Arc::new(Generic { values }).run_owned()
}

#[test]
fn a_run_of_a_generic_object_with_a_lifetime_owns_it() {
    let values = vec![String::from("a")];
    let run = owned(&values);
    assert_eq!(now(run.first()).as_deref(), Some("a"));
}

/// Its runs cannot own it, because a result borrows from it.
struct Lends {
    text: String,
}

#[dag]
impl Lends {
    async fn text(&self) -> &str {
        &self.text
    }
}

#[test]
fn a_block_whose_results_borrow_from_the_object_still_has_its_other_runs() {
    let lends = Lends { text: "text".to_owned() };
    assert_eq!(*now(lends.run().text()), "text");
}

struct Outer {
    inner: PhantomData<u8>,
}

struct Inner(u32);

#[dag]
impl Inner {
    async fn value(&self) -> u32 {
        self.0
    }
}

#[dag]
impl Outer {
    #[task(graph)]
    async fn inner(&self) -> Inner {
        _ = self.inner;
        Inner(3)
    }

    #[depends(inner.value)]
    async fn twice(&self, value: u32) -> u32 {
        2 * value
    }
}

#[test]
fn a_run_that_owns_its_object_runs_inner_graphs() {
    let run = Arc::new(Outer { inner: PhantomData }).run_owned();
    assert_eq!(*now(run.twice()), 6);
}

#[test]
fn runs_that_own_their_object_are_send_and_sync_and_static() {
    fn check<T: Send + Sync + 'static>(_: &T) {}
    let (graph, ..) = Graph::new();
    check(&graph.run_owned());
}
