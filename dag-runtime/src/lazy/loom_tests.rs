//! A waiter and an answer must not miss each other; nor must a ring of the bell and a look of the driver.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Wake;

use loom::thread;

use super::*;
use crate::cell::{ArcWriter, TaskCell};

struct Cells {
    rates: TaskCell<u32, Self>,
    asks: Asks<1>,
}

fn cells() -> Cells {
    Cells { rates: TaskCell::empty(), asks: Asks::new([true]) }
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn who_waits_sees_the_result_or_is_woken() {
    loom::model(|| {
        let writer = Arc::new(ArcWriter::new(cells()).share());
        let other = Arc::clone(&writer);
        let other = thread::spawn(move || {
            other.set(|cells| &cells.rates, 7);
            other.reader().asks.answer(0, None);
        });
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let cells = writer.reader();
        let mut wait = cells.asks.lazy(0, &cells.rates).into_future();
        let polled = Pin::new(&mut wait).poll(&mut Context::from_waker(&waker));
        other.join().unwrap();
        assert!(polled.is_ready() || woken.0.load(Ordering::SeqCst));
    });
}

#[test]
fn the_driver_sees_an_ask_or_is_woken() {
    loom::model(|| {
        let cells = Arc::new(cells());
        let other = Arc::clone(&cells);
        let other = thread::spawn(move || {
            let mut wait = other.asks.lazy(0, &other.rates).into_future();
            _ = Pin::new(&mut wait).poll(&mut Context::from_waker(Waker::noop()));
            std::mem::forget(wait);
        });
        let woken = Arc::new(Woken::default());
        cells.asks.attend(&Waker::from(Arc::clone(&woken)));
        let sees = cells.asks.all().take_changes() && cells.asks.all().are_waited_for();
        other.join().unwrap();
        assert!(sees || woken.0.load(Ordering::SeqCst));
        // A later look sees the change.
        assert!(sees || cells.asks.all().take_changes() && cells.asks.all().are_waited_for());
    });
}
