use loom::sync::Arc;
use loom::thread;

use super::*;

struct Pair {
    left: TaskCell<Box<u64>, Self>,
    right: TaskCell<Box<u64>, Self>,
}

/// A group of one cell.
struct One<T>(TaskCell<T, Self>);

fn leak() -> (Writer<'static, Pair>, &'static Pair) {
    let cells = Box::leak(Box::new(Pair { left: TaskCell::empty(), right: TaskCell::empty() }));
    let writer = Writer::new(cells);
    let reader = writer.reader();
    (writer, reader)
}

#[test]
fn a_reader_on_another_thread_sees_nothing_or_the_whole_value() {
    loom::model(|| {
        let (mut writer, reader) = leak();
        let other = thread::spawn(move || reader.left.get().map(|value| **value));
        writer.put(&reader.left, Box::new(7));
        assert!(matches!(other.join().unwrap(), None | Some(7)));
        assert_eq!(reader.left.get().map(|value| **value), Some(7));
    });
}

#[test]
fn a_writer_that_changes_threads_leaves_its_cells_readable() {
    loom::model(|| {
        let (mut writer, reader) = leak();
        writer.put(&reader.left, Box::new(1));
        let other = thread::spawn(move || {
            let left = **writer.reader().left.ready();
            writer.put(&writer.reader().right, Box::new(left + 1));
        });
        assert!(matches!(reader.right.get().map(|value| **value), None | Some(2)));
        other.join().unwrap();
        assert_eq!(**reader.right.ready(), 2);
    });
}

#[test]
fn the_last_owner_drops_what_another_thread_wrote() {
    loom::model(|| {
        let witness = Arc::new(());
        let value = Arc::clone(&witness);
        let mut cells = thread::spawn(move || {
            let mut cells = One(TaskCell::empty());
            let mut writer = Writer::new(&mut cells);
            writer.put(&writer.reader().0, value);
            cells
        })
        .join()
        .unwrap();
        assert!(Writer::new(&mut cells).reader().0.get().is_some());
        drop(cells);
        assert_eq!(Arc::strong_count(&witness), 1);
    });
}

#[test]
fn of_two_threads_that_take_a_kept_value_one_gets_it() {
    loom::model(|| {
        let writer = Arc::new(ArcWriter::new(One(TaskCell::empty())).share());
        let keeper = Arc::clone(&writer);
        let keeper = thread::spawn(move || {
            keeper.keep(|cells| &cells.0, Box::new(7));
            keeper.reader().0.take()
        });
        let own = writer.reader().0.take();
        let values = [own, keeper.join().unwrap()];
        assert_eq!(values.iter().flatten().map(|value: &Box<u64>| **value).sum::<u64>(), 7);
    });
}

#[test]
fn two_threads_set_cells_of_one_group() {
    loom::model(|| {
        let group = Pair { left: TaskCell::empty(), right: TaskCell::empty() };
        let writer = Arc::new(ArcWriter::new(group).share());
        let other = Arc::clone(&writer);
        let other = thread::spawn(move || {
            other.set(|cells| &cells.left, Box::new(1));
            other.reader().right.get().map(|value| **value)
        });
        writer.set(|cells| &cells.right, Box::new(2));
        let left = writer.reader().left.get().map(|value| **value);
        assert!(matches!(left, None | Some(1)));
        assert!(matches!(other.join().unwrap(), None | Some(2)));
        assert_eq!(**writer.reader().left.ready(), 1);
    });
}

#[test]
fn a_value_is_not_taken_while_a_guard_on_another_thread_lends_it() {
    loom::model(|| {
        let writer = Arc::new(ArcWriter::new(One(TaskCell::empty())).share());
        writer.set_or_keep(|cells| &cells.0, Box::new(7), true);
        let reader = Arc::clone(&writer);
        // The value may be gone, which a driver rules out.
        let reader = thread::spawn(move || reader.reader().0.raw.lend_kept().map(|lent| **lent));
        let taken = writer.reader().0.take();
        let read = reader.join().unwrap();
        assert!(matches!((&taken, read), (Some(_), None | Some(7)) | (None, Some(7))));
        assert_eq!(taken.or_else(|| writer.reader().0.take()), Some(Box::new(7)));
    });
}

#[test]
fn the_last_reader_gets_the_value_or_a_clone_and_all_are_dropped() {
    loom::model(|| {
        let witness = Arc::new(());
        let writer = Arc::new(ArcWriter::new(One(TaskCell::empty())).share());
        let keeper = Arc::clone(&writer);
        let value = Arc::clone(&witness);
        keeper.set_or_keep(|cells| &cells.0, value, true);
        let (mover, lent) = (Arc::clone(&writer), writer.reader().0.lend());
        let mover = thread::spawn(move || Arc::strong_count(&take_or_clone(&mover.reader().0)));
        assert!(Arc::strong_count(&lent) >= 2);
        drop(lent);
        assert!(mover.join().unwrap() >= 2);
        drop((keeper, writer));
        assert_eq!(Arc::strong_count(&witness), 1);
    });
}

#[test]
fn guards_on_two_threads_end_before_the_value_is_taken() {
    loom::model(|| {
        let writer = Arc::new(ArcWriter::new(One(TaskCell::empty())).share());
        writer.set_or_keep(|cells| &cells.0, Box::new(7), true);
        let readers = [(); 2].map(|()| {
            let reader = Arc::clone(&writer);
            thread::spawn(move || **reader.reader().0.lend())
        });
        for reader in readers {
            assert_eq!(reader.join().unwrap(), 7);
        }
        assert_eq!(writer.reader().0.take(), Some(Box::new(7)));
    });
}

#[test]
fn a_loan_that_comes_too_early_counts_no_other_guard_down() {
    loom::model(|| {
        let writer = Arc::new(ArcWriter::new(One::<Box<u64>>(TaskCell::empty())).share());
        let early = Arc::clone(&writer);
        // It may find an empty cell.
        let early = thread::spawn(move || early.reader().0.raw.lend_kept().map(|lent| **lent));
        writer.set_or_keep(|cells| &cells.0, Box::new(7), true);
        let lent = writer.reader().0.lend();
        assert!(matches!(early.join().unwrap(), None | Some(7)));
        assert_eq!(writer.reader().0.take(), None);
        assert_eq!(**lent, 7);
    });
}

#[test]
fn a_guard_sees_the_whole_value_that_another_thread_keeps() {
    loom::model(|| {
        let writer = Arc::new(ArcWriter::new(One::<Box<u64>>(TaskCell::empty())).share());
        let keeper = Arc::clone(&writer);
        let keeper = thread::spawn(move || keeper.set_or_keep(|cells| &cells.0, Box::new(7), true));
        assert!(matches!(writer.reader().0.raw.lend_kept().map(|lent| **lent), None | Some(7)));
        keeper.join().unwrap();
        assert_eq!(writer.reader().0.take(), Some(Box::new(7)));
    });
}
