//@ errors: 1
use adagio::task;

#[task(max_concurrency = 8)]
async fn double(row: u64) -> u64 {
    row * 2
}

fn main() {}
