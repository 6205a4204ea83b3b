//@ errors: 1
use std::sync::Arc;

use adagio::dag;

struct Page<T> {
    title: T,
}

#[dag(spawn)]
impl<T: Clone + Send + Sync> Page<T> {
    async fn title(&self) -> T {
        self.title.clone()
    }
}

async fn show(title: &str) -> &str {
    Arc::new(Page { title }).title().await
}

fn main() {
    _ = show("title");
}
