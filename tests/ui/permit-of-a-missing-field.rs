//@ errors: 1
use adagio::dag;

struct Page;

#[dag]
impl Page {
    #[task(permit = |this| &this.database)]
    async fn load(&self) -> u64 {
        1
    }
}

fn main() {}
