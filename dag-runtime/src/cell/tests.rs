use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::LazyLock;

use super::*;

struct Pair {
    left: TaskCell<Rc<()>, Self>,
    right: TaskCell<u64, Self>,
}

/// A group of one cell.
struct One<T>(TaskCell<T, Self>);

fn one<T>() -> One<T> {
    One(TaskCell::empty())
}

fn pair() -> Pair {
    Pair { left: TaskCell::empty(), right: TaskCell::empty() }
}

#[test]
fn a_reader_sees_what_the_writer_set() {
    let mut cells = pair();
    let mut writer = Writer::new(&mut cells);
    let reader = writer.reader();
    assert_eq!(reader.right.get(), None);
    writer.put(&reader.right, 7);
    assert_eq!((reader.right.get(), reader.right.ready()), (Some(&7), &7));
    assert!(reader.left.get().is_none());
    assert_eq!(cells.right.take_value(), 7);
}

#[test]
fn a_value_is_removed_once() {
    let value = Rc::new(());
    let mut cells = pair();
    assert!(cells.left.remove().is_none());
    let mut writer = Writer::new(&mut cells);
    writer.put(&writer.reader().left, Rc::clone(&value));
    assert!(cells.left.remove().is_some_and(|removed| Rc::ptr_eq(&removed, &value)));
    assert!(cells.left.remove().is_none());
    drop(cells);
    assert_eq!(Rc::strong_count(&value), 1);
}

#[test]
fn a_value_is_dropped_once_whether_taken_or_left() {
    let value = Rc::new(());
    let mut cells = pair();
    let mut writer = Writer::new(&mut cells);
    writer.put(&writer.reader().left, Rc::clone(&value));
    drop(cells);
    assert_eq!(Rc::strong_count(&value), 1);

    let mut cells = pair();
    let mut writer = Writer::new(&mut cells);
    writer.put(&writer.reader().left, Rc::clone(&value));
    drop(cells.left.take_value());
    assert_eq!(Rc::strong_count(&value), 1);
    assert!(catch_unwind(AssertUnwindSafe(|| cells.left.take_value())).is_err());
    drop(cells);
    assert_eq!(Rc::strong_count(&value), 1);
}

#[test]
fn a_second_value_is_refused_and_dropped() {
    let (first, second) = (Rc::new(()), Rc::new(()));
    let mut cells = pair();
    let mut writer = Writer::new(&mut cells);
    writer.put(&writer.reader().left, Rc::clone(&first));
    let refused = catch_unwind(AssertUnwindSafe(|| writer.put(&writer.reader().left, Rc::clone(&second))));
    assert!(refused.is_err());
    assert_eq!((Rc::strong_count(&first), Rc::strong_count(&second)), (2, 1));
}

#[test]
fn a_cell_of_another_group_is_refused() {
    let foreign = pair();
    let mut cells = pair();
    let mut writer = Writer::new(&mut cells);
    let refused = catch_unwind(AssertUnwindSafe(|| writer.put(&foreign.right, 7)));
    assert!(refused.is_err());
    assert_eq!(foreign.right.get(), None);
}

#[test]
fn of_two_writers_that_share_a_group_the_first_sets_a_cell() {
    let writer = ArcWriter::new(one()).share();
    writer.set(|cells| &cells.0, 7);
    assert!(catch_unwind(AssertUnwindSafe(|| writer.set(|cells| &cells.0, 8))).is_err());
    assert_eq!(writer.reader().0.get(), Some(&7));
}

#[test]
fn a_kept_value_is_lent_to_nobody_and_taken_once() {
    let value = Rc::new(());
    let writer = ArcWriter::new(one()).share();
    writer.keep(|cells| &cells.0, Rc::clone(&value));
    assert!(writer.reader().0.get().is_none());
    assert!(writer.reader().0.take().is_some_and(|taken| Rc::ptr_eq(&taken, &value)));
    assert!(writer.reader().0.take().is_none());
    drop(writer);
    assert_eq!(Rc::strong_count(&value), 1);
}

#[test]
fn a_kept_value_that_nobody_takes_is_dropped() {
    let value = Rc::new(());
    let writer = ArcWriter::new(one()).share();
    writer.keep(|cells| &cells.0, Rc::clone(&value));
    drop(writer);
    assert_eq!(Rc::strong_count(&value), 1);
}

#[test]
fn a_value_that_is_lent_is_not_taken() {
    let writer = ArcWriter::new(one()).share();
    writer.set(|cells| &cells.0, 7);
    assert_eq!((writer.reader().0.take(), writer.reader().0.get()), (None, Some(&7)));
}

#[test]
fn a_kept_value_is_taken_once_no_guard_lends_it() {
    let value = Rc::new(());
    let mut cells = one();
    let mut writer = Writer::new(&mut cells);
    let cell = &writer.reader().0;
    writer.put_or_keep(cell, Rc::clone(&value), true);
    let (first, second) = (cell.lend(), cell.lend());
    assert!(cell.get().is_none());
    assert!(cell.take().is_none());
    assert!(Rc::ptr_eq(&first, &second));
    drop(first);
    assert!(cell.take().is_none());
    assert_eq!(Rc::strong_count(&take_or_clone(cell)), 3, "a clone, since it is lent");
    drop(second);
    assert_eq!(Rc::strong_count(&take_or_clone(cell)), 2, "the value itself");
    assert!(catch_unwind(AssertUnwindSafe(|| cell.lend())).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| take_or_clone(cell))).is_err());
    drop(cells);
    assert_eq!(Rc::strong_count(&value), 1);
}

#[test]
fn a_value_with_more_guards_than_a_byte_counts_is_never_taken() {
    let value = Rc::new(());
    let mut cells = one();
    let mut writer = Writer::new(&mut cells);
    let cell = &writer.reader().0;
    writer.put_or_keep(cell, Rc::clone(&value), true);
    let guards: Vec<_> = (0..300).map(|_| cell.lend()).collect();
    assert!(guards.iter().all(|guard| Rc::ptr_eq(guard, &value)));
    drop(guards);
    assert!(cell.take().is_none());
    assert!(cell.get().is_some());
    drop(take_or_clone(cell));
    drop(cells);
    assert_eq!(Rc::strong_count(&value), 1);
}

#[test]
fn a_guard_that_is_forgotten_lends_forever() {
    let value = Rc::new(());
    let mut cells = one();
    let mut writer = Writer::new(&mut cells);
    let cell = &writer.reader().0;
    writer.put_or_keep(cell, Rc::clone(&value), true);
    std::mem::forget(cell.lend());
    assert!(cell.take().is_none());
    assert!(Rc::ptr_eq(&cells.0.take_value(), &value));
    drop(cells);
    assert_eq!(Rc::strong_count(&value), 1);
}

#[test]
fn a_kept_value_belongs_to_the_owner_of_its_group_in_the_end() {
    let mut cells = pair();
    let mut writer = Writer::new(&mut cells);
    writer.put_or_keep(&writer.reader().left, Rc::new(()), true);
    assert!(cells.left.remove().is_some());
    assert!(cells.left.remove().is_none());
}

#[test]
fn a_value_that_is_remembered_or_plain_is_not_kept() {
    let mut cells = pair();
    let mut writer = Writer::new(&mut cells);
    writer.put_or_keep(&writer.reader().left, Rc::new(()), false);
    writer.put_or_keep(&writer.reader().right, 7, true);
    assert_eq!((writer.reader().left.take(), writer.reader().right.take()), (None, None));
    assert_eq!((take_or_clone(&writer.reader().right), *writer.reader().right.lend()), (7, 7));
    assert_eq!(Rc::strong_count(&take_or_clone(&writer.reader().left)), 2);
}

#[test]
fn a_writer_that_shares_a_group_refuses_a_cell_of_another() {
    static FOREIGN: LazyLock<One<u64>> = LazyLock::new(one);
    let writer = ArcWriter::new(one()).share();
    assert!(catch_unwind(AssertUnwindSafe(|| writer.set(|_| &FOREIGN.0, 7))).is_err());
    assert_eq!(FOREIGN.0.get(), None);
}

#[test]
fn an_unset_cell_gives_no_value() {
    assert!(catch_unwind(|| one::<u64>().0.take_value()).is_err());
    assert!(catch_unwind(|| *one::<u64>().0.ready()).is_err());
}

const _: () = {
    const fn is_send<T: Send>() {}
    const fn is_sync<T: Sync>() {}
    const fn is_unpin<T: Unpin>() {}
    is_send::<TaskCell<u8, Rc<()>>>();
    is_send::<TaskCell<std::cell::Cell<u8>, Rc<()>>>();
    is_sync::<TaskCell<u8, Rc<()>>>();
    is_send::<Writer<'_, One<u8>>>();
    is_unpin::<Writer<'_, One<u8>>>();
    is_send::<SharedWriter<One<u8>>>();
    is_sync::<SharedWriter<One<u8>>>();
};
