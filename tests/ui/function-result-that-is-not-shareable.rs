//@ errors: 1
use std::rc::Rc;

use adagio::task;

#[task]
async fn first() -> Rc<str> {
    "a".into()
}

fn main() {
    first();
}
