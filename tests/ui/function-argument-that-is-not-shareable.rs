//@ errors: 1
use std::rc::Rc;

use adagio::task;

#[task]
async fn double(number: Rc<u32>) -> u32 {
    *number * 2
}

fn main() {
    double(Rc::new(1));
}
