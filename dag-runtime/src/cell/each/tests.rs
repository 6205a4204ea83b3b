use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use super::*;
use crate::cell::{ArcWriter, Writer};

/// A group of one cell.
struct One<T>(EachCell<T, Self>);

fn open<T>(count: usize) -> One<T> {
    let cells = One(EachCell::empty());
    cells.0.open(count);
    cells
}

fn followed<T>(count: usize) -> One<T> {
    let cells = One(EachCell::followed());
    cells.0.open(count);
    cells
}

fn panics(action: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(action)).is_err()
}

#[test]
fn results_come_in_any_order_and_stay_in_theirs() {
    for count in [0, 1, 63, 64, 65, 1_000] {
        let mut cells = open(count);
        let mut writer = Writer::new(&mut cells);
        let cell = &writer.reader().0;
        for index in (0..count).rev().step_by(2).chain((0..count).rev().skip(1).step_by(2)) {
            assert!(!cell.has(index));
            writer.put_element(cell, index, index.to_string());
            assert!(cell.has(index));
        }
        assert!(cell.get().is_none());
        writer.complete(cell, false);
        assert_eq!(cell.ready(), &(0..count).map(|index| index.to_string()).collect::<Vec<_>>());
        assert_eq!(cells.0.take_value().len(), count);
    }
}

#[test]
fn a_buffer_becomes_the_vec_without_a_copy() {
    let mut cells = open::<usize>(3);
    let mut writer = Writer::new(&mut cells);
    let cell = &writer.reader().0;
    let start = cell.parts().buffer.as_ptr().cast_const();
    (0..3).for_each(|index| writer.put_element(cell, index, index));
    writer.complete(cell, false);
    assert_eq!(cell.ready().as_ptr(), start);
}

#[test]
fn a_cell_drops_each_result_once_half_way_or_complete() {
    for count in 0..=70 {
        for there in 0..=count {
            let value = Rc::new(());
            let mut cells = open(count);
            let mut writer = Writer::new(&mut cells);
            (0..there).for_each(|index| writer.put_element(&writer.reader().0, index, Rc::clone(&value)));
            if there == count {
                writer.complete(&writer.reader().0, false);
            }
            assert_eq!(Rc::strong_count(&value), there + 1);
            drop(cells);
            assert_eq!(Rc::strong_count(&value), 1);
        }
    }
}

#[test]
fn a_result_that_panics_while_it_is_dropped_takes_no_other_along() {
    struct Panics(Option<Rc<()>>);
    impl Drop for Panics {
        fn drop(&mut self) {
            assert!(self.0.is_some(), "this one panics");
        }
    }
    for culprit in [0, 1, 64, 69] {
        let value = Rc::new(());
        let mut cells = open(70);
        let mut writer = Writer::new(&mut cells);
        for index in 0..70 {
            let value = (index != culprit).then(|| Rc::clone(&value));
            writer.put_element(&writer.reader().0, index, Panics(value));
        }
        assert!(panics(|| drop(cells)));
        assert_eq!(Rc::strong_count(&value), 1);
    }
}

#[test]
fn a_kept_value_goes_to_its_last_reader() {
    let value = Rc::new(());
    let mut cells = open(1);
    let mut writer = Writer::new(&mut cells);
    writer.put_element(&writer.reader().0, 0, Rc::clone(&value));
    writer.complete(&writer.reader().0, true);
    assert!(writer.reader().0.take().is_some_and(|values| Rc::ptr_eq(&values[0], &value)));
    drop(cells);
    assert_eq!(Rc::strong_count(&value), 1);
}

#[test]
fn a_cell_that_is_opened_again_keeps_its_results() {
    let mut cells = open(2);
    let mut writer = Writer::new(&mut cells);
    let cell = &writer.reader().0;
    writer.put_element(cell, 1, 7);
    cell.open(2);
    assert!(cell.has(1) && !cell.has(0));
    assert!(panics(|| cell.open(3)), "another collection");
}

#[test]
fn a_result_that_is_written_twice_or_has_no_place_is_dropped() {
    let value = Rc::new(());
    let mut cells = open(2);
    let mut writer = Writer::new(&mut cells);
    writer.put_element(&writer.reader().0, 0, Rc::clone(&value));
    for index in [0, 2, 63, 64] {
        assert!(panics(|| writer.put_element(&writer.reader().0, index, Rc::clone(&value))));
        assert_eq!(Rc::strong_count(&value), 2);
    }
    let shared = ArcWriter::new(cells).share();
    for index in [0, 2, 63, 64] {
        assert!(panics(|| shared.put_element(&shared.reader().0, index, Rc::clone(&value))));
        assert_eq!(Rc::strong_count(&value), 2);
    }
    shared.put_element(&shared.reader().0, 1, Rc::clone(&value));
    shared.complete(&shared.reader().0, false);
    assert_eq!(shared.reader().0.ready().len(), 2);
    drop(shared);
    assert_eq!(Rc::strong_count(&value), 1);
}

#[test]
fn a_cell_of_another_group_or_without_a_place_is_refused() {
    let other = open(1);
    let mut cells = open(1);
    let mut writer = Writer::new(&mut cells);
    assert!(panics(|| writer.put_element(&other.0, 0, 7)));
    assert!(panics(|| writer.complete(&other.0, false)));
    assert!(panics(|| writer.complete(&writer.reader().0, false)), "a result is missing");
    writer.put_element(&writer.reader().0, 0, 7);
    writer.complete(&writer.reader().0, false);
    assert!(panics(|| writer.complete(&writer.reader().0, false)));
    assert!(panics(|| writer.put_element(&writer.reader().0, 0, 8)));
    let mut closed = One::<u8>(EachCell::empty());
    let mut writer = Writer::new(&mut closed);
    assert!(panics(|| writer.put_element(&writer.reader().0, 0, 7)));
    assert!(panics(|| writer.complete(&writer.reader().0, false)));
}

#[test]
fn a_whole_that_is_there_already_stays() {
    let value = Rc::new(());
    let mut cells = open(1);
    let mut writer = Writer::new(&mut cells);
    writer.put_element(&writer.reader().0, 0, Rc::clone(&value));
    writer.put(&writer.reader().0, vec![Rc::clone(&value), Rc::clone(&value)]);
    assert!(panics(|| writer.complete(&writer.reader().0, false)));
    assert_eq!(writer.reader().0.ready().len(), 2);
    drop(cells);
    assert_eq!(Rc::strong_count(&value), 1);
}

#[test]
fn a_follower_gets_results_in_the_order_in_which_they_come() {
    let mut cells = followed(3);
    let mut writer = Writer::new(&mut cells);
    let cell = &writer.reader().0;
    let mut elements = cell.follow();
    assert!(elements.next().is_none() && !elements.has_next());
    writer.put_element(cell, 2, "c".to_owned());
    writer.put_element(cell, 0, "a".to_owned());
    assert!(elements.has_next());
    let early = [elements.next().unwrap(), elements.next().unwrap()];
    assert!(elements.next().is_none());
    writer.put_element(cell, 1, "b".to_owned());
    assert_eq!(elements.next(), Some((1, &"b".to_owned())));
    assert!(!elements.is_over(), "the task is not done");
    writer.complete(cell, true);
    assert!(elements.is_over());
    // What was lent is an element of the whole, which nobody can take while it is shared.
    assert!(cell.take().is_none());
    assert!(early.iter().all(|&(index, value)| std::ptr::eq(value, &raw const cell.ready()[index])));
    let again: Vec<_> = std::iter::from_fn({
        let mut again = cell.follow();
        move || again.next()
    })
    .collect();
    assert_eq!(again.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [2, 0, 1]);
    assert_eq!(cells.0.take_value(), ["a", "b", "c"]);
}

#[test]
fn a_follower_gets_what_came_as_a_whole() {
    let mut cells = One(EachCell::followed());
    let mut writer = Writer::new(&mut cells);
    let cell = &writer.reader().0;
    assert!(!cell.is_lending() && panics(|| _ = cell.follow()), "nothing is there");
    writer.put(cell, vec![7, 8]);
    let mut elements = cell.follow();
    assert_eq!((elements.next(), elements.next(), elements.next()), (Some((0, &7)), Some((1, &8)), None));
    assert!(elements.is_over());
    assert!(panics(|| _ = open::<u8>(1).0.follow()), "the cell has no followers");
}

#[test]
fn a_followed_cell_drops_each_result_once() {
    for there in 0..=3 {
        let value = Rc::new(());
        let mut cells = followed(3);
        let mut writer = Writer::new(&mut cells);
        let mut elements = writer.reader().0.follow();
        for index in 0..there {
            writer.put_element(&writer.reader().0, index, Rc::clone(&value));
            assert!(elements.next().is_some());
        }
        if there == 3 {
            writer.complete(&writer.reader().0, true);
        }
        assert_eq!(cells.0.remove().map(|values| values.len()), (there == 3).then_some(3));
        assert_eq!(Rc::strong_count(&value), 1);
        assert!(cells.0.is_followed);
    }
}

#[test]
fn a_result_that_is_to_be_taken_has_no_followers() {
    for is_followed in [false, true] {
        let writer = ArcWriter::new(followed(1)).share();
        let cell = &writer.reader().0;
        let elements = is_followed.then(|| cell.follow());
        writer.put_element(cell, 0, "a".to_owned());
        writer.complete_to_be_taken(cell);
        assert_eq!(panics(|| _ = cell.follow()), !is_followed);
        assert_eq!(cell.take().is_some(), !is_followed);
        assert!(elements.is_none_or(|mut elements| elements.next() == Some((0, &"a".to_owned()))));
    }
}
