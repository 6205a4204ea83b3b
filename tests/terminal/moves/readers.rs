//! Which results move, and which are cloned since another task may read them later.

#[cfg(feature = "tokio")]
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use adagio::dag;

use crate::common::{Driven, now, yield_once};
use crate::counted::{Counted, Counts};

#[derive(Default)]
struct Readers {
    counts: Counts,
}

#[dag]
impl Readers {
    fn value(&self) -> Counted {
        self.counts.value()
    }

    #[depends(value)]
    fn borrows(&self, value: &Counted) -> usize {
        let _ = value;
        1
    }

    #[depends(value)]
    async fn orders(&self) {
        yield_once().await;
    }

    #[depends(value, borrows, orders)]
    async fn takes(&self, value: Counted) -> usize {
        drop(value);
        self.counts.alive()
    }

    async fn lent(&self) -> Counted {
        self.counts.value()
    }

    #[depends(lent)]
    async fn holds(&self, lent: &Counted) {
        let _ = lent;
        yield_once().await;
    }

    #[depends(lent, holds)]
    fn after_a_future(&self, lent: Counted) {
        drop(lent);
    }

    fn cloned(&self) -> Counted {
        self.counts.value()
    }

    #[depends(cloned)]
    async fn clones(&self, cloned: Counted) {
        yield_once().await;
        drop(cloned);
    }

    #[depends(cloned, clones)]
    fn after_a_clone(&self, cloned: Counted) -> usize {
        drop(cloned);
        self.counts.alive()
    }

    fn shared(&self) -> Counted {
        self.counts.value()
    }

    #[depends(shared)]
    fn left(&self, shared: Counted) -> Counted {
        shared
    }

    #[depends(shared)]
    fn right(&self, shared: Counted) -> Counted {
        shared
    }

    #[depends(left, right, shared)]
    fn beside_a_borrow(&self, left: Counted, right: Counted, shared: &Counted) {
        let _ = (left, right, shared);
    }

    fn options(&self) -> Option<Counted> {
        Some(self.counts.value())
    }

    #[depends(options)]
    fn looks_inside(&self, options: Option<&Counted>) -> bool {
        options.is_some()
    }

    #[depends(looks_inside, options)]
    fn takes_the_option(&self, options: Option<Counted>) -> bool {
        options.is_some()
    }
}

#[test]
fn a_value_moves_after_plain_functions_have_borrowed_it() {
    let readers = Readers::default();
    assert_eq!(Driven::new(readers.takes()).run(), 0);
    assert_eq!(now(readers.borrows()), 1);
    assert!(now(readers.takes_the_option()));
    assert_eq!((readers.counts.clones(), readers.counts.most(), readers.counts.alive()), (0, 1, 0));
    let run = readers.run();
    assert_eq!(*Driven::new(run.takes()).run(), 1);
    assert_eq!(readers.counts.clones(), 1);
}

#[test]
fn a_value_that_a_future_has_borrowed_is_cloned() {
    let readers = Readers::default();
    Driven::new(readers.after_a_future()).run();
    assert_eq!((readers.counts.clones(), readers.counts.alive()), (1, 0));
}

#[test]
fn of_two_tasks_that_take_a_value_one_after_another_the_first_clones_it() {
    let readers = Readers::default();
    assert_eq!(Driven::new(readers.after_a_clone()).run(), 0);
    assert_eq!((readers.counts.clones(), readers.counts.most()), (1, 2));
    Driven::new(readers.clones()).run();
    assert_eq!((readers.counts.clones(), readers.counts.alive()), (1, 0));
}

#[test]
fn a_value_that_others_may_read_later_is_cloned() {
    let readers = Readers::default();
    now(readers.beside_a_borrow());
    // `shared` twice; `left` and `right` move.
    assert_eq!((readers.counts.clones(), readers.counts.alive()), (2, 0));
}

#[cfg(feature = "tokio")]
#[derive(Default)]
struct Attempts {
    counts: Counts,
    count: AtomicUsize,
}

#[cfg(feature = "tokio")]
#[derive(Debug)]
struct TimedOut;

#[cfg(feature = "tokio")]
impl From<adagio::TimedOut> for TimedOut {
    fn from(_: adagio::TimedOut) -> Self {
        Self
    }
}

#[cfg(feature = "tokio")]
#[dag]
impl Attempts {
    fn value(&self) -> Counted {
        self.counts.value()
    }

    #[depends(value)]
    #[task(retry = 2, backoff = "1ms..1ms")]
    async fn tried(&self, value: Counted) -> Result<Counted, TimedOut> {
        if self.count.fetch_add(1, Ordering::Relaxed) < 2 {
            yield_once().await;
            return Err(TimedOut);
        }
        Ok(value)
    }

    #[depends(tried)]
    #[task(timeout = "1s")]
    async fn timed(&self, tried: Counted) -> Result<usize, TimedOut> {
        drop(tried);
        Ok(self.counts.alive())
    }
}

#[cfg(feature = "tokio")]
#[tokio::test(start_paused = true)]
async fn each_attempt_gets_a_clone() {
    let attempts = Attempts::default();
    assert_eq!(attempts.timed().await.unwrap(), 1);
    assert_eq!((attempts.counts.clones(), attempts.counts.alive()), (3, 0));
}

type Log = Arc<Mutex<Vec<&'static str>>>;

/// Logs its drop; a clone of it is another name.
struct Noted(&'static str, Log);

impl Clone for Noted {
    fn clone(&self) -> Self {
        unreachable!("`{}` moves", self.0)
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.1.lock().unwrap().push(self.0);
    }
}

#[derive(Default)]
struct Order(Log);

#[dag]
impl Order {
    fn bottom(&self) -> Noted {
        Noted("bottom", Arc::clone(&self.0))
    }

    #[depends(bottom)]
    fn moved(&self, bottom: &Noted) -> Noted {
        let _ = bottom;
        Noted("moved", Arc::clone(&self.0))
    }

    #[depends(moved)]
    fn top(&self, moved: Noted) -> Noted {
        drop(moved);
        Noted("top", Arc::clone(&self.0))
    }

    #[depends(top)]
    fn goal(&self, top: &Noted) -> usize {
        let _ = top;
        self.0.lock().unwrap().len()
    }

    #[depends(top)]
    fn fails(&self) -> Result<(), String> {
        Err("no".to_owned())
    }

    #[depends(top, fails)]
    fn never(&self, top: Noted) {
        drop(top);
    }
}

#[test]
fn the_values_that_stay_drop_in_reverse_topological_order() {
    let order = Order::default();
    assert_eq!(now(order.goal()), 1);
    assert_eq!(*order.0.lock().unwrap(), ["moved", "top", "bottom"]);
}

#[test]
fn a_value_that_its_last_reader_never_takes_drops_in_its_place() {
    let order = Order::default();
    assert_eq!(now(order.never()), Err("no".to_owned()));
    assert_eq!(*order.0.lock().unwrap(), ["moved", "top", "bottom"]);
}
