//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn max_concurrency(&self) -> u64 {
        1
    }
}

fn main() {}
