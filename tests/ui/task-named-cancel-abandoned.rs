//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn cancel_abandoned(&self) -> u64 {
        1
    }
}

fn main() {}
