//! A waiter that comes while another one drives is woken when its goal is reached.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use adagio::dag;

use crate::common::{CountingWaker, forever, now};

/// A task during whose poll another waiter comes.
struct Busy {
    latecomer: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    fails: bool,
}

#[dag]
impl Busy {
    fn task(&self) -> Result<u8, &'static str> {
        let latecomer = self.latecomer.lock().unwrap().take();
        latecomer.unwrap()();
        if self.fails { Err("bad") } else { Ok(1) }
    }
}

type Waiter = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Returns how often a waiter is woken that comes while the task is polled for the last time.
fn wakes(fails: bool, wait: impl FnOnce(&'static BusyRun<'static>) -> Waiter) -> usize {
    let busy = forever(Busy { latecomer: Mutex::new(None), fails });
    let run = forever(busy.run());
    let (waiter, waker) = (Arc::new(Mutex::new(wait(run))), Arc::new(CountingWaker::default()));
    let (latecomer, its_waker) = (Arc::clone(&waiter), Waker::from(Arc::clone(&waker)));
    *busy.latecomer.lock().unwrap() = Some(Box::new(move || {
        assert!(latecomer.lock().unwrap().as_mut().poll(&mut Context::from_waker(&its_waker)).is_pending());
    }));
    assert_eq!(now(run.task()).is_err(), fails);
    now(waiter.lock().unwrap().as_mut());
    waker.wakes()
}

#[test]
fn one_that_waits_for_the_task_is_woken() {
    for fails in [false, true] {
        assert_eq!(wakes(fails, |run| Box::pin(async { drop(run.task().await) })), 1);
    }
}

#[test]
fn one_that_waits_for_all_tasks_is_woken_by_the_last_result_and_by_a_failure() {
    for fails in [false, true] {
        assert_eq!(wakes(fails, |run| Box::pin(async { drop(run.all().await) })), 1);
    }
}

#[test]
fn one_that_waits_until_no_task_can_run_is_woken_by_the_last_end() {
    for fails in [false, true] {
        assert_eq!(wakes(fails, |run| Box::pin(async { drop(run.settle().await) })), 1);
    }
}
