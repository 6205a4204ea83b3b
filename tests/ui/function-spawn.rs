//@ errors: 1
use adagio::task;

#[task(spawn)]
async fn first() -> u32 {
    1
}

fn main() {
    first();
}
