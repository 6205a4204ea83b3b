//@ errors: 1
use adagio::dag;

struct Page;

#[dag]
impl Page {
    #[task(inline)]
    async fn title(&self) -> u64 {
        1
    }
}

fn main() {}
