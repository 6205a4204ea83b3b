//@ errors: 1
use adagio::dag;

struct Page;

#[dag]
impl Page {
    async fn run_owned(&self) -> u64 {
        1
    }
}

fn main() {}
