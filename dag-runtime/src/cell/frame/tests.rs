use std::cell::{Cell, RefCell};
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Poll, Waker};
use std::thread;

use super::{Begins, Drive, Notified, Owner, Stage};
use crate::cell::{ArcWriter, TaskCell};

/// Counts the notes, and says when it is dropped.
#[derive(Clone, Default)]
struct Notes(Arc<(AtomicUsize, AtomicUsize)>);

impl Notes {
    fn notes(&self) -> usize {
        self.0.0.load(SeqCst)
    }

    fn drops(&self) -> usize {
        self.0.1.load(SeqCst)
    }
}

struct Noted(Notes);

impl Notified for Noted {
    fn notify(&self) {
        self.0.0.0.fetch_add(1, SeqCst);
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.0.1.fetch_add(1, SeqCst);
    }
}

/// Says in a list when it is dropped.
struct Says<'l>(&'l RefCell<Vec<&'static str>>, &'static str);

impl Drop for Says<'_> {
    fn drop(&mut self) {
        self.0.borrow_mut().push(self.1);
    }
}

/// A group with a result that borrows.
struct Group<'l>(TaskCell<Says<'l>, Self>);

/// Starts a driver with the right to write.
struct With<S>(S);

impl<C, S: FnOnce(ArcWriter<C>) -> F, F> Begins<ArcWriter<C>, F> for With<S> {
    fn begin(self, writer: ArcWriter<C>) -> F {
        (self.0)(writer)
    }
}

type Local<'f, C> = Owner<Noted, C, dyn Drive<ArcWriter<C>> + 'f>;

fn owner<'f, C: 'f, F: Future<Output = ()> + 'f>(
    notes: &Notes,
    cells: C,
    start: impl FnOnce(ArcWriter<C>) -> F + 'f,
) -> Local<'f, C> {
    Owner::new(Noted(notes.clone()), cells, |_, writer| Stage::Before(writer, With(start))).of_one_thread()
}

fn poll<C>(owner: &Local<'_, C>) -> Option<()> {
    owner.driver(|driver, waker| driver.poll(&mut Context::from_waker(waker)))
}

#[test]
fn the_driver_is_dropped_before_the_cells_and_these_before_the_owner_is_gone() {
    let (log, notes) = (RefCell::default(), Notes::default());
    let owner = owner(&notes, Group(TaskCell::empty()), |mut writer| {
        let log = &log;
        async move {
            let _body = Says(log, "driver");
            let writer = &mut writer.borrow();
            writer.put(&writer.reader().0, Says(log, "cells"));
            pending::<()>().await;
        }
    });
    assert_eq!(poll(&owner), Some(()));
    assert!(owner.cells().0.get().is_some());
    drop(owner);
    assert_eq!((log.into_inner(), notes.drops()), (vec!["driver", "cells"], 1));
}

#[test]
fn a_driver_that_has_not_begun_is_dropped_with_what_it_would_begin_with() {
    let (value, notes) = (Rc::new(()), Notes::default());
    let own = Rc::clone(&value);
    let owner = owner(&notes, Group(TaskCell::empty()), |_| async move { drop(own) });
    drop(owner);
    assert_eq!((Rc::strong_count(&value), notes.drops()), (1, 1));
}

#[test]
fn a_waker_outlives_what_the_cells_and_the_driver_borrow() {
    let (kept, notes) = (Cell::new(None), Notes::default());
    {
        let log = RefCell::default();
        let owner = owner(&notes, Group(TaskCell::empty()), |mut writer| {
            let (log, kept) = (&log, &kept);
            async move {
                let writer = &mut writer.borrow();
                writer.put(&writer.reader().0, Says(log, "cells"));
                let mut driver = pin!(std::future::poll_fn(|cx| {
                    kept.set(Some(cx.waker().clone()));
                    std::task::Poll::<()>::Pending
                }));
                driver.as_mut().await;
            }
        });
        poll(&owner);
        drop(owner);
        assert_eq!(*log.borrow(), ["cells"]);
    }
    let waker = kept.take().unwrap();
    assert!(waker.will_wake(&waker.clone()));
    waker.wake_by_ref();
    assert_eq!((notes.notes(), notes.drops()), (1, 0));
    thread::spawn(move || waker.wake()).join().unwrap();
    assert_eq!((notes.notes(), notes.drops()), (2, 1));
}

#[test]
fn the_waker_of_a_poll_has_no_share() {
    let notes = Notes::default();
    let owner = owner(&notes, (), |_| pending());
    owner.driver(|_, waker| waker.wake_by_ref());
    drop(owner);
    assert_eq!((notes.notes(), notes.drops()), (1, 1));
}

#[test]
fn a_share_of_the_cells_outlives_the_owner() {
    let (log, notes) = (RefCell::default(), Notes::default());
    let mut shared = None;
    let owner = owner(&notes, Group(TaskCell::empty()), |writer| {
        shared = Some(writer.share());
        pending()
    });
    poll(&owner);
    drop(owner);
    let shared = shared.unwrap();
    shared.set(|cells| &cells.0, Says(&log, "cells"));
    assert_eq!(notes.drops(), 0);
    drop(shared);
    assert_eq!((log.into_inner(), notes.drops()), (vec!["cells"], 1));
}

#[test]
fn the_last_share_takes_the_cells_out() {
    let (log, notes) = (RefCell::default(), Notes::default());
    let owner = owner(&notes, Group(TaskCell::empty()), |mut writer| {
        let log = &log;
        async move {
            let writer = &mut writer.borrow();
            writer.put(&writer.reader().0, Says(log, "cells"));
            pending::<()>().await;
        }
    });
    poll(&owner);
    let (cells, panic) = owner.end();
    assert!(panic.is_none());
    let other = cells.clone();
    assert!(cells.into_inner().is_none());
    let cells = other.into_inner().unwrap();
    assert_eq!((log.borrow().len(), notes.drops()), (0, 1));
    drop(cells);
    assert_eq!(log.into_inner(), ["cells"]);
}

#[test]
fn the_panic_of_a_driver_that_is_dropped_leaks_nothing() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let make = |notes: &Notes| {
        owner(notes, (), |_| async {
            let _body = Panics;
            pending::<()>().await;
        })
    };
    for ends in [false, true] {
        let notes = Notes::default();
        let owner = make(&notes);
        poll(&owner);
        if ends {
            let (cells, panic) = owner.end();
            assert!(panic.is_some());
            drop(cells);
        } else {
            assert!(catch_unwind(AssertUnwindSafe(|| drop(owner))).is_err());
        }
        assert_eq!(notes.drops(), 1);
    }
}

#[test]
fn the_panic_of_a_result_that_is_dropped_frees_the_frame() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let notes = Notes::default();
    let owner = owner(&notes, Panics, |_| pending());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(owner))).is_err());
    assert_eq!(notes.drops(), 1);
}

#[test]
fn a_driver_is_lent_once_at_a_time() {
    let notes = Notes::default();
    let owner = owner(&notes, (), |_| pending());
    let inner = owner.driver(|_, _| owner.driver(|_, _| ()));
    assert_eq!(inner, Some(None));
    // A panic ends the loan, too.
    assert!(catch_unwind(AssertUnwindSafe(|| owner.driver(|_, _| panic!("poll")))).is_err());
    assert_eq!(poll(&owner), Some(()));
}

#[test]
fn a_driver_that_ends_is_gone() {
    let (value, notes) = (Rc::new(()), Notes::default());
    let own = Rc::clone(&value);
    let mut owner = owner(&notes, (), |_| async move {
        pending::<()>().await;
        drop(own);
    });
    assert!(owner.driver_mut().settings().is_some());
    poll(&owner);
    assert!(owner.driver_mut().settings().is_none());
    owner.driver_mut().end();
    assert_eq!(Rc::strong_count(&value), 1);
    assert_eq!(poll(&owner), Some(()));
}

#[test]
fn a_start_that_panics_leaves_no_driver() {
    let notes = Notes::default();
    let owner = owner(&notes, (), |_| -> std::future::Pending<()> { panic!("start") });
    assert!(catch_unwind(AssertUnwindSafe(|| poll(&owner))).is_err());
    assert_eq!(poll(&owner), Some(()));
    drop(owner);
    assert_eq!(notes.drops(), 1);
}

#[test]
fn a_share_of_the_board_frees_the_frame_of_an_owner_that_is_gone() {
    let notes = Notes::default();
    let mut board = None;
    let owner = Owner::new(Noted(notes.clone()), (), |share, writer| {
        board = Some(share);
        Stage::Before(writer, With(|_| pending()))
    });
    let owner = owner.of_any_thread();
    drop(owner);
    assert_eq!(notes.drops(), 0);
    let board = board.unwrap();
    let other = board.clone();
    drop(board);
    other.notify();
    thread::spawn(move || drop(other)).join().unwrap();
    assert_eq!((notes.notes(), notes.drops()), (1, 1));
}

#[test]
fn a_waker_has_the_address_of_the_board() {
    let notes = Notes::default();
    let owner = owner(&notes, (), |_| pending());
    let address = owner.driver(|_, waker: &Waker| waker.data().addr());
    assert_eq!(address, Some(std::ptr::from_ref(owner.board()).addr()));
}

/// Miri sees it if not.
#[test]
fn what_a_driver_has_borrowed_from_itself_stays_borrowed_from_poll_to_poll() {
    let (polled, notes) = (Cell::new(0), Notes::default());
    let owner = owner(&notes, (), |_| async {
        let mut polls = 0;
        std::future::poll_fn(|_| {
            polls += 1;
            polled.set(polls);
            Poll::<()>::Pending
        })
        .await;
    });
    for polls in 1..4 {
        poll(&owner);
        assert_eq!(polled.get(), polls);
    }
}
