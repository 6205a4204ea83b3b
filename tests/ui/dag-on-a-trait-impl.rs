//@ errors: 1
use adagio::dag;

trait Buy {
    async fn buy(&self) -> u64;
}

struct Checkout;

#[dag]
impl Buy for Checkout {
    async fn buy(&self) -> u64 {
        1
    }
}

fn main() {}
