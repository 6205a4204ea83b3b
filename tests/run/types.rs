//! The types that a run may contain, and where it may be sent: generics, borrowed results, `Rc`s, other threads.
#![allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "many tasks here are done at once")]

use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;

use adagio::{Observer, Outcome, TaskEvent, dag};

use crate::common::{Driven, deadline, now, yield_once};

fn is_send<T: Send>(value: T) -> T {
    value
}

fn is_send_and_sync<T: Send + Sync>(value: T) -> T {
    value
}

type Cents = u64;

struct Renamed;

#[dag]
impl Renamed {
    fn first(&self) -> u64 {
        1
    }

    fn second(&self) -> Cents {
        2
    }

    fn third(&self) -> u64 {
        3
    }
}

#[test]
fn results_of_one_type_under_two_names_are_debug() {
    let run = Renamed.run();
    assert_eq!(format!("{:?}", now(run.all())), "RenamedOutputs { first: 1, second: 2, third: 3 }");
}

struct Batch<'b, T, const N: usize> {
    rows: &'b [T],
    name: String,
}

#[dag]
impl<'b, T, const N: usize> Batch<'b, T, N>
where
    T: Clone + Send + Sync + PartialEq,
{
    async fn first(&self) -> Result<&'b T, String> {
        yield_once().await;
        self.rows.first().ok_or_else(|| format!("{} is empty", self.name))
    }

    async fn name(&self) -> &str {
        &self.name
    }

    #[depends(first, name)]
    async fn copies(&self, first: &T, name: &str) -> Result<([T; N], usize), String> {
        Ok(([(); N].map(|()| first.clone()), name.len()))
    }
}

#[test]
fn a_generic_block_with_borrowed_results_has_runs() {
    let rows = ["a".to_owned(), "b".to_owned()];
    let batch = Batch::<String, 2> { rows: &rows, name: "rows".to_owned() };
    let run = is_send_and_sync(batch.run());
    let mut copies = Driven::new(is_send(run.copies()));
    assert_eq!(copies.run().unwrap(), &(["a".to_owned(), "a".to_owned()], 4));
    let BatchOutputs { first, name, copies, .. } = Driven::new(is_send(run.all())).run().unwrap();
    assert_eq!((first.as_str(), copies.0.len()), ("a", 2));
    assert!(std::ptr::eq(*name, batch.name.as_str()));
}

#[test]
fn a_failure_in_a_generic_block_is_a_task_error() {
    let batch = Batch::<u8, 3> { rows: &[], name: "rows".to_owned() };
    assert_eq!(Driven::new(batch.run().copies()).run().unwrap_err().task(), "first");
}

#[test]
fn outputs_of_a_generic_block_are_debug_where_their_results_are() {
    fn debug(value: &impl Debug) -> String {
        format!("{value:?}")
    }
    let batch = Batch::<u8, 1> { rows: &[7], name: "rows".to_owned() };
    let run = batch.run();
    let all = Driven::new(run.all()).run().unwrap();
    let (all, _copy) = (all, all);
    assert_eq!(debug(&all), r#"BatchOutputs { first: 7, name: "rows", copies: ([7], 4) }"#);
}

#[test]
fn a_run_is_debug_and_shows_what_has_ended() {
    let batch = Batch::<NotDebug, 1> { rows: &[], name: "rows".to_owned() };
    let run = batch.run();
    assert_eq!(format!("{run:?}"), "BatchRun { done: [], failed: [] }");
    Driven::new(run.copies()).run().map(|_| ()).unwrap_err();
    assert_eq!(format!("{run:?}"), r#"BatchRun { done: ["name"], failed: ["first"] }"#);
}

#[derive(Clone, PartialEq)]
struct NotDebug;

#[test]
fn a_run_may_change_threads_on_its_way() {
    let _deadline = deadline();
    let batch = Batch::<u8, 1> { rows: &[7], name: "rows".to_owned() };
    let run = batch.run();
    assert!(Driven::new(run.copies()).poll().is_pending());
    std::thread::scope(|scope| {
        scope.spawn(|| assert_eq!(Driven::new(run.copies()).run().unwrap(), &([7], 4)));
    });
    let moved = std::thread::scope(|scope| scope.spawn(move || run).join().unwrap());
    assert_eq!(now(moved.copies()).unwrap(), &([7], 4));
}

/// A result whose drop looks at the object.
struct Guard<'g>(&'g Cell<usize>);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

/// A store whose trait has plain `async fn`s: it is not known whether their futures are `Send`.
trait Store {
    async fn load(&self) -> u64;
}

struct Memory(Cell<u64>);

impl Store for Memory {
    async fn load(&self) -> u64 {
        yield_once().await;
        self.0.set(self.0.get() + 1);
        self.0.get()
    }
}

struct Local<S> {
    store: Rc<S>,
    log: RefCell<Vec<u64>>,
    drops: Cell<usize>,
}

#[dag(local)]
impl<S: Store> Local<S> {
    async fn store(&self) -> Rc<S> {
        Rc::clone(&self.store)
    }

    #[depends(store)]
    async fn loaded(&self, store: &S) -> Result<Rc<u64>, String> {
        let loaded = Rc::new(store.load().await);
        self.log.borrow_mut().push(*loaded);
        Ok(loaded)
    }

    #[depends(loaded)]
    async fn twice(&self, loaded: Rc<u64>) -> u64 {
        *loaded * 2
    }

    async fn guard(&self) -> Guard<'_> {
        Guard(&self.drops)
    }
}

fn local() -> Local<Memory> {
    Local { store: Rc::new(Memory(Cell::new(2))), log: RefCell::default(), drops: Cell::new(0) }
}

#[test]
fn a_run_of_a_local_block_holds_what_stays_on_its_thread() {
    let local = local();
    let run = local.run().max_concurrency(2);
    let (mut twice, mut loaded) = (Driven::new(run.twice()), Driven::new(run.loaded()));
    assert!(twice.poll().is_pending());
    assert_eq!((loaded.run().unwrap(), twice.run().unwrap()), (&Rc::new(3), &6));
    assert_eq!(*local.log.borrow(), [3]);
    assert_eq!(Rc::strong_count(&local.store), 2, "the run keeps one");
    now(run.guard());
    drop((twice, loaded));
    drop(run);
    assert_eq!((Rc::strong_count(&local.store), local.drops.get()), (1, 1));
}

#[test]
fn a_local_run_takes_values_and_gives_all() {
    let local = local();
    let run = local.run().with_loaded(Rc::new(4));
    let outputs = now(run.all()).unwrap();
    assert_eq!((outputs.twice, &**outputs.loaded), (&8, &4));
    assert!(local.log.borrow().is_empty());
}

#[test]
fn a_local_run_is_neither_send_nor_sync() {
    /// Its constants come from its own impls if their bounds are met, and from the trait otherwise.
    struct Probe<T>(PhantomData<T>);

    trait Neither {
        const SEND: bool = false;
        const SYNC: bool = false;
    }

    impl<T> Neither for Probe<T> {}

    impl<T: Send> Probe<T> {
        const SEND: bool = true;
    }

    impl<T: Sync> Probe<T> {
        const SYNC: bool = true;
    }

    type Local = Probe<LocalRun<'static, Memory>>;
    type Shared = Probe<BatchRun<'static, 'static, u8, 1>>;
    assert_eq!((Local::SEND, Local::SYNC), (false, false));
    assert_eq!((Shared::SEND, Shared::SYNC), (true, true));
}

/// A local run has the same observers as any other.
#[derive(Default)]
struct Count(std::sync::atomic::AtomicUsize);

impl Observer for Count {
    fn finished(&self, _: &TaskEvent<'_>, _: &Outcome) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
}

#[test]
fn a_local_run_has_observers() {
    let (local, count) = (local(), Arc::new(Count::default()));
    let run = local.run().observe(Arc::clone(&count));
    assert_eq!(Driven::new(run.twice()).run().unwrap(), &6);
    drop(run);
    assert_eq!(Arc::into_inner(count).unwrap().0.into_inner(), 3);
}

mod shop {
    use adagio::dag;

    pub(super) struct Shop;

    #[dag]
    impl Shop {
        async fn secret(&self) -> u8 {
            1
        }

        #[depends(secret)]
        pub(super) async fn price(&self, secret: u8) -> u8 {
            secret + 1
        }
    }
}

#[test]
fn a_run_is_as_visible_as_the_most_visible_task() {
    let run: shop::ShopRun<'_> = shop::Shop.run();
    assert_eq!(now(run.price()), &2);
    let outputs: shop::ShopOutputs<'_> = now(run.all());
    assert_eq!(outputs.price, &2);
}

/// Four names of one error type.
struct Names;

type IoError = std::io::Error;

#[dag]
impl Names {
    async fn alias(&self) -> std::io::Result<u8> {
        Ok(1)
    }

    async fn whole(&self) -> Result<u8, std::io::Error> {
        Ok(2)
    }

    async fn written(&self) -> std::fmt::Result {
        Err(std::fmt::Error)
    }

    async fn formatted(&self) -> Result<u8, std::fmt::Error> {
        Ok(4)
    }

    #[depends(alias, whole)]
    async fn sum(&self, alias: u8, whole: u8) -> Result<u8, IoError> {
        Ok(alias + whole)
    }

    #[depends(formatted, written)]
    fn text(&self, formatted: u8) -> Result<String, std::fmt::Error> {
        Ok(formatted.to_string())
    }
}

#[tokio::test]
async fn an_error_type_may_have_several_names() {
    assert_eq!(Names.sum().await.unwrap(), 3);
    assert_eq!(Names.text().await, Err(std::fmt::Error));
    let run = Names.run();
    assert_eq!(*run.sum().await.unwrap(), 3);
    let error = run.text().await.unwrap_err();
    assert_eq!(error.task(), "written");
    assert!(error.downcast_ref::<std::fmt::Error>().is_some());
}
