//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn cart(&self, limit: u64) -> u64 {
        limit
    }
}

fn main() {}
