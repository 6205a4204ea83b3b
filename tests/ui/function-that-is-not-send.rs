//@ errors: 1
use std::rc::Rc;

use adagio::task;

#[task]
async fn first() -> usize {
    let text = Rc::new(1);
    std::future::ready(()).await;
    *text
}

fn main() {
    first();
}
