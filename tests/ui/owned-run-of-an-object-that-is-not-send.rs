//@ errors: 1
use std::sync::{Arc, MutexGuard};

use adagio::dag;

struct Page(MutexGuard<'static, u64>);

#[dag]
impl Page {
    async fn size(&self) -> u64 {
        *self.0
    }
}

fn run(page: &Arc<Page>) -> PageRun<'static> {
    page.run_owned()
}

fn main() {}
