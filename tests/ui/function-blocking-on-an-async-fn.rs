//@ errors: 1
use adagio::task;

#[task(blocking)]
async fn first() -> u32 {
    1
}

fn main() {
    first();
}
