//@ errors: 1
use adagio::dag;
use tokio::sync::Semaphore;

struct Page {
    database: Semaphore,
}

#[dag]
impl Page {
    #[task(permit = &self.database)]
    async fn load(&self) -> u64 {
        1
    }
}

fn main() {}
