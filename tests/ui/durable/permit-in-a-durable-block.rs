//@ errors: 1
use adagio::dag;
use tokio::sync::Semaphore;

struct Page {
    database: Semaphore,
}

#[dag(durable)]
impl Page {
    #[task(permit = |this| &this.database)]
    async fn load(&self) -> u64 {
        1
    }
}

fn main() {}
