//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag("local")]
impl Checkout {
    async fn user(&self) -> u64 {
        1
    }
}

fn main() {}
