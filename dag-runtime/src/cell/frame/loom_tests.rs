use std::future::pending;
use std::task::Context;

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use super::{Begins, BoardShare, Drive, Notified, Owner, Stage};
use crate::cell::{ArcWriter, TaskCell};

/// Counts the notes, and its drops in a counter of the test.
struct Noted {
    notes: AtomicUsize,
    drops: std::sync::Arc<std::sync::atomic::AtomicUsize>,
}

impl Notified for Noted {
    fn notify(&self) {
        self.notes.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.drops.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
}

struct One(TaskCell<Arc<()>, Self>);

struct Start;

impl Begins<ArcWriter<One>, std::future::Pending<()>> for Start {
    fn begin(self, _writer: ArcWriter<One>) -> std::future::Pending<()> {
        pending()
    }
}

type Lone = Owner<Noted, One, dyn Drive<ArcWriter<One>> + Send>;

type Drops = std::sync::Arc<std::sync::atomic::AtomicUsize>;

/// Returns an owner whose one result is a witness, a share of its board, and how often the board was dropped.
fn owner(witness: &Arc<()>) -> (Lone, BoardShare<Noted>, Drops) {
    let drops = Drops::default();
    let board = Noted { notes: AtomicUsize::new(0), drops: Drops::clone(&drops) };
    let mut share = None;
    let owner = Owner::new(board, One(TaskCell::empty()), |board, mut writer| {
        share = Some(board);
        let cells = writer.reader();
        writer.borrow().put(&cells.0, Arc::clone(witness));
        Stage::Before(writer, Start)
    });
    (owner.of_any_thread(), share.unwrap(), drops)
}

fn count(drops: &Drops) -> usize {
    drops.load(std::sync::atomic::Ordering::Relaxed)
}

#[test]
fn of_the_owner_and_a_waker_on_another_thread_the_last_frees_the_frame() {
    loom::model(|| {
        let witness = Arc::new(());
        let (owner, share, drops) = owner(&witness);
        let waker = owner.driver(|_, waker| waker.clone()).unwrap();
        drop(share);
        let other = thread::spawn(move || {
            waker.wake_by_ref();
            waker.wake();
        });
        drop(owner);
        // The owner drops the cells, whoever is last.
        assert_eq!(Arc::strong_count(&witness), 1);
        other.join().unwrap();
        assert_eq!(count(&drops), 1);
    });
}

#[test]
fn shares_of_the_board_that_race_free_the_frame_once() {
    loom::model(|| {
        let witness = Arc::new(());
        let (owner, share, drops) = owner(&witness);
        drop(owner);
        let other = share.clone();
        let other = thread::spawn(move || {
            let clone = other.clone();
            drop(other);
            clone.notify();
        });
        share.notify();
        drop(share);
        other.join().unwrap();
        assert_eq!(count(&drops), 1);
    });
}

#[test]
fn of_two_shares_of_the_cells_the_last_drops_them() {
    loom::model(|| {
        let witness = Arc::new(());
        let (owner, share, drops) = owner(&witness);
        let (cells, _) = owner.end();
        let other = cells.clone();
        let other = thread::spawn(move || {
            assert!(other.0.get().is_some());
            drop(other);
        });
        assert!(cells.0.get().is_some());
        drop(cells);
        other.join().unwrap();
        assert_eq!(Arc::strong_count(&witness), 1);
        drop(share);
        assert_eq!(count(&drops), 1);
    });
}

#[test]
fn of_two_shares_of_the_cells_one_takes_them_out() {
    loom::model(|| {
        let witness = Arc::new(());
        let (owner, share, drops) = owner(&witness);
        let (cells, _) = owner.end();
        let other = cells.clone();
        let other = thread::spawn(move || other.into_inner().is_some());
        let own = cells.into_inner().is_some();
        assert!(own != other.join().unwrap());
        assert_eq!(Arc::strong_count(&witness), 1);
        drop(share);
        assert_eq!(count(&drops), 1);
    });
}

/// Polls a driver, unless another thread does. Loom reports two accesses to the number at once.
fn poll((owner, polls): &(Lone, UnsafeCell<usize>)) -> bool {
    let polled = owner.driver(|driver, waker| {
        driver.poll(&mut Context::from_waker(waker));
        // SAFETY: the driver is lent to one thread at a time.
        polls.with_mut(|polls| unsafe { *polls += 1 });
    });
    polled.is_some()
}

#[test]
fn two_threads_poll_a_driver_one_after_the_other() {
    loom::model(|| {
        let witness = Arc::new(());
        let (owner, share, _) = owner(&witness);
        drop(share);
        let state = Arc::new((owner, UnsafeCell::new(0)));
        let other = Arc::clone(&state);
        let other = thread::spawn(move || poll(&other));
        let own = poll(&state);
        assert!(own | other.join().unwrap());
    });
}
