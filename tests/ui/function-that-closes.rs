//@ errors: 1
#[adagio::task(close = drop)]
async fn pool() -> u64 {
    1
}

fn main() {}
