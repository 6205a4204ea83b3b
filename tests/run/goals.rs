//! The futures of results: named types, which can return a result that is already there.

use crate::common::{Driven, deadline, yield_once};
use adagio::{Goal, TaskError, TryGoal, dag};

fn done<T>(future: impl Future<Output = T>) -> T {
    Driven::new(future).run()
}

struct Order;

#[dag]
impl Order {
    async fn stock(&self) -> u64 {
        yield_once().await;
        3
    }

    async fn rates(&self) -> Result<u64, String> {
        yield_once().await;
        Err("no rates".to_owned())
    }

    #[depends(stock, rates)]
    fn total(&self, stock: u64, rates: u64) -> u64 {
        stock * rates
    }
}

/// A future of a result, in a struct of the user.
struct Waiting<'r> {
    stock: Goal<'r, u64>,
    total: TryGoal<'r, u64>,
}

#[test]
fn the_futures_of_results_have_names() {
    let run = Order.run();
    let Waiting { stock, total } = Waiting { stock: run.stock(), total: run.total() };
    assert_eq!(done(stock), &3);
    assert_eq!(done(total).map_err(|error| error.task()), Err("rates"));
}

#[test]
fn peek_returns_a_result_that_is_there() {
    let run = Order.run();
    let stock = run.stock();
    assert_eq!(stock.peek(), None);
    done(run.stock());
    assert_eq!(stock.peek(), Some(&3));
    assert_eq!(done(stock), &3);
}

#[test]
fn peek_returns_a_failure_that_is_remembered() {
    let run = Order.run();
    let total = run.total();
    assert!(total.peek().is_none());
    done(run.rates()).unwrap_err();
    // It needs a task that has failed, and will never run.
    assert_eq!(total.peek().map(|total| total.map_err(|error| error.task())), Some(Err("rates")));
    run.retry_failed();
    assert!(total.peek().is_none());
}

#[test]
fn peek_returns_an_injected_result() {
    assert_eq!(Order.run().with_stock(5).stock().peek(), Some(&5));
    assert!(matches!(Order.run().with_rates(2).rates().peek(), Some(Ok(2))));
}

#[test]
fn peek_asks_for_nothing() {
    let run = Order.run();
    let (stock, rates) = (run.stock(), run.rates());
    let mut other = Driven::new(run.stock());
    assert!(other.poll().is_pending());
    assert_eq!((stock.peek(), rates.peek().is_none()), (None, true));
    assert_eq!(other.run(), &3);
    // `peek` did not start `rates`: otherwise `rates` would be pending or failed before this first poll.
    assert!(Driven::new(rates).poll().is_pending());
}

#[test]
fn the_futures_of_a_run_go_to_any_thread() {
    fn is_send_and_sync<T: Send + Sync + Unpin>(_: &T) {}

    let _deadline = deadline();
    let run = Order.run();
    is_send_and_sync(&run.stock());
    is_send_and_sync(&run.total());
    std::thread::scope(|scope| {
        let stock = run.stock();
        assert_eq!(scope.spawn(move || *done(stock)).join().unwrap(), 3);
    });
}

struct Local(std::rc::Rc<u64>);

#[dag(local)]
impl Local {
    fn value(&self) -> std::rc::Rc<u64> {
        self.0.clone()
    }
}

#[test]
fn a_local_run_has_the_same_futures_on_one_thread() {
    let local = Local(5.into());
    let run = local.run();
    let value = run.value();
    assert!(value.peek().is_none());
    assert_eq!(**done(value), 5);
    assert_eq!(run.value().peek().map(|value| **value), Some(5));
}

/// Returns a future whose type the signature names.
fn total<'r>(run: &'r OrderRun<'_>) -> TryGoal<'r, u64> {
    run.total()
}

#[test]
fn a_function_returns_the_future_of_a_result() {
    let run = Order.run().with_rates(2);
    let result: Result<&u64, TaskError> = done(total(&run));
    assert_eq!(result.ok(), Some(&6));
}

#[test]
fn debug_of_the_future_of_a_result_says_whether_it_is_there() {
    let run = Order.run();
    let (stock, total) = (run.stock(), run.total());
    assert_eq!(format!("{stock:?}, {total:?}"), "Goal { is_done: false, .. }, TryGoal { is_done: false, .. }");
    done(run.rates()).unwrap_err();
    done(run.stock());
    assert_eq!(format!("{stock:?}, {total:?}"), "Goal { is_done: true, .. }, TryGoal { is_done: true, .. }");
}
