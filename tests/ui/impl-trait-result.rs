//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn names(&self) -> impl Iterator<Item = u64> {
        0..3
    }
}

fn main() {}
