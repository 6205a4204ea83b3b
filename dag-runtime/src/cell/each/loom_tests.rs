use loom::sync::Arc;
use loom::thread;

use super::*;
use crate::cell::{ArcWriter, Writer};

/// A group of one cell.
struct One<T>(EachCell<T, Self>);

fn followed<T>(count: usize) -> One<T> {
    let cells = One(EachCell::followed());
    cells.0.open(count);
    cells
}

fn open<T>(count: usize) -> One<T> {
    let cells = One(EachCell::empty());
    cells.0.open(count);
    cells
}

#[test]
fn two_threads_write_results_of_one_task_and_one_completes_it() {
    loom::model(|| {
        let witness = Arc::new(());
        let writer = Arc::new(ArcWriter::new(open(2)).share());
        let (other, value) = (Arc::clone(&writer), Arc::clone(&witness));
        let other = thread::spawn(move || other.put_element(&other.reader().0, 1, value));
        writer.put_element(&writer.reader().0, 0, Arc::clone(&witness));
        other.join().unwrap();
        writer.complete(&writer.reader().0, false);
        assert_eq!(writer.reader().0.ready().len(), 2);
        drop(writer);
        assert_eq!(Arc::strong_count(&witness), 1);
    });
}

#[test]
fn a_result_that_is_there_is_whole() {
    loom::model(|| {
        let writer = Arc::new(ArcWriter::new(open(1)).share());
        let other = Arc::clone(&writer);
        let other = thread::spawn(move || other.put_element(&other.reader().0, 0, Box::new(7)));
        if writer.reader().0.has(0) {
            writer.complete(&writer.reader().0, false);
            assert_eq!(*writer.reader().0.ready()[0], 7);
        }
        other.join().unwrap();
    });
}

#[test]
fn a_reader_on_another_thread_sees_nothing_or_all_results() {
    loom::model(|| {
        let cells = Box::leak(Box::new(open(2)));
        let mut writer = Writer::new(cells);
        let reader = writer.reader();
        let other = thread::spawn(move || reader.0.get().map(|values: &Vec<Box<u64>>| *values[0] + *values[1]));
        writer.put_element(&reader.0, 1, Box::new(2));
        writer.put_element(&reader.0, 0, Box::new(1));
        writer.complete(&reader.0, false);
        assert!(matches!(other.join().unwrap(), None | Some(3)));
    });
}

#[test]
fn the_last_owner_drops_what_other_threads_wrote() {
    loom::model(|| {
        let witness = Arc::new(());
        let writer = Arc::new(ArcWriter::new(open(3)).share());
        let others = [0, 2].map(|index| {
            let (other, value) = (Arc::clone(&writer), Arc::clone(&witness));
            thread::spawn(move || other.put_element(&other.reader().0, index, value))
        });
        drop(writer);
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(Arc::strong_count(&witness), 1);
    });
}

#[test]
fn a_follower_sees_nothing_or_whole_results() {
    loom::model(|| {
        let cells = Box::leak(Box::new(followed(2)));
        let mut writer = Writer::new(cells);
        let reader = writer.reader();
        let follower = thread::spawn(move || {
            let mut elements = reader.0.follow();
            let mut seen = Vec::new();
            while let Some((index, value)) = elements.next() {
                seen.push((index, value));
            }
            // A result that was lent stays, also when the whole has come.
            seen.iter().for_each(|&(index, value): &(usize, &Box<usize>)| assert_eq!(**value, index));
            (seen.into_iter().map(|(index, _)| index).collect::<Vec<_>>(), elements.is_over())
        });
        writer.put_element(&reader.0, 1, Box::new(1));
        writer.put_element(&reader.0, 0, Box::new(0));
        writer.complete(&reader.0, true);
        let (seen, is_over) = follower.join().unwrap();
        assert!([1, 0].starts_with(&seen) && (!is_over || seen.len() == 2));
        // A value that is followed is never kept to be taken.
        assert!(reader.0.take().is_none() && reader.0.ready().len() == 2);
    });
}

#[test]
fn a_follower_sees_each_result_of_two_writers_once() {
    loom::model(|| {
        let writer = Arc::new(ArcWriter::new(followed(2)).share());
        let other = Arc::clone(&writer);
        let other = thread::spawn(move || other.put_element(&other.reader().0, 0, Box::new(0)));
        let mut elements = writer.reader().0.follow();
        let early = elements.next().map(|(index, value): (usize, &Box<usize>)| (index, **value));
        writer.put_element(&writer.reader().0, 1, Box::new(1));
        other.join().unwrap();
        writer.complete(&writer.reader().0, true);
        let mut seen = early.into_iter().collect::<Vec<_>>();
        while let Some((index, value)) = elements.next() {
            seen.push((index, **value));
        }
        assert!(elements.is_over());
        seen.sort_unstable();
        assert_eq!(seen, [(0, 0), (1, 1)]);
    });
}
