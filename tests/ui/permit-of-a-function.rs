//@ errors: 1
use adagio::task;
use tokio::sync::Semaphore;

static DATABASE: Semaphore = Semaphore::const_new(1);

#[task(permit = |_| &DATABASE)]
async fn load() -> u64 {
    1
}

fn main() {}
