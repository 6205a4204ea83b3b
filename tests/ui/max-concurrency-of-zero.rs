//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag(max_concurrency = 0)]
impl Checkout {
    async fn user(&self) -> u64 {
        1
    }
}

fn main() {}
