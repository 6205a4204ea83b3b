//@ errors: 1
use adagio::dag;

struct Checkout<H>(H);

#[dag(spawn)]
impl<H: Sync> Checkout<H> {
    async fn user(&self) -> u64 {
        1
    }
}

fn main() {}
