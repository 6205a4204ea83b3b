//@ errors: 1
use adagio::dag;

struct Page;

#[dag(spawn)]
impl Page {
    async fn title(&self) -> u64 {
        1
    }
}

async fn show(page: Page) -> u64 {
    page.title().await
}

fn main() {
    _ = show(Page);
}
