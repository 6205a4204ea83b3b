//@ errors: 1
#![deny(dead_code)]

use adagio::task;

#[task]
async fn first() -> u32 {
    1
}

fn main() {}
