//@ errors: 1
use std::cell::Cell;

use adagio::task;

#[task]
async fn double(number: &Cell<u32>) -> u32 {
    number.get() * 2
}

fn main() {}
