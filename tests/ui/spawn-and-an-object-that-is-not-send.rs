//@ errors: 1
use std::sync::MutexGuard;

use adagio::dag;

struct Page {
    guard: MutexGuard<'static, u64>,
}

#[dag(spawn)]
impl Page {
    async fn title(&self) -> u64 {
        *self.guard
    }
}

fn main() {}
