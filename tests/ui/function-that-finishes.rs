//@ errors: 1
#[adagio::task(finish)]
async fn charge() -> u64 {
    1
}

fn main() {}
