//@ errors: 1
use adagio::dag;
use tokio::sync::Semaphore;

struct Page;

#[dag]
impl Page {
    async fn database(&self) -> Semaphore {
        Semaphore::new(1)
    }

    #[depends(database)]
    #[task(permit = |this| &database)]
    async fn load(&self, database: &Semaphore) -> usize {
        database.available_permits()
    }
}

fn main() {}
