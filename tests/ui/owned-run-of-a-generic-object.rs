//@ errors: 1
use std::sync::Arc;

use adagio::dag;

struct Page<T>(T);

#[dag]
impl<T: Sync> Page<T> {
    async fn size(&self) -> usize {
        size_of_val(&self.0)
    }
}

fn run<T: Sync + 'static>(page: &Arc<Page<T>>) -> PageRun<'static, T> {
    page.run_owned()
}

fn main() {}
