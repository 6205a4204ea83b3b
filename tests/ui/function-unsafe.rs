//@ errors: 1
use adagio::task;

#[task]
async unsafe fn first() -> u32 {
    1
}

fn main() {
    first();
}
