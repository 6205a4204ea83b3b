//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag(durable)]
impl Checkout {
    #[task(spawn, finish)]
    async fn charge(&self) -> u64 {
        1
    }
}

fn main() {}
