//@ errors: 1
//! A cell in a lock can be borrowed exclusively while its group has a writer. The borrow makes no second writer of the cell.

use std::sync::Mutex;

use adagio::__private::{TaskCell, Writer};

struct Group(Mutex<TaskCell<u64, Self>>);

fn main() {
    let mut group = Group(Mutex::new(TaskCell::empty()));
    let first = Writer::new(&mut group);
    let mut cell = first.reader().0.lock().unwrap();
    let mut second = Writer::new(&mut *cell);
    second.put(second.reader(), 2);
}
