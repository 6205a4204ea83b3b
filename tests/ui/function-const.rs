//@ errors: 1
use adagio::task;

#[task]
const fn first() -> u32 {
    1
}

fn main() {
    first();
}
