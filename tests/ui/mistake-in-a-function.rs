//@ errors: 1
use adagio::task;

#[task]
async fn first() -> u32 {
    "a"
}

fn main() {
    first();
}
