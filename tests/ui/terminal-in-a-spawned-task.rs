//@ errors: 1
use adagio::dag;

struct Page;

#[dag(spawn)]
impl Page {
    async fn title(&self) -> u64 {
        1
    }
    async fn twice(&self) -> u64 {
        2 * self.title().await
    }
}

fn main() {}
