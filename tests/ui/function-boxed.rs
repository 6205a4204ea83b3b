//@ errors: 1
use adagio::task;

#[task(boxed)]
async fn fetch() -> u64 {
    1
}

fn main() {}
