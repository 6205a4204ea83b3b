//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag(max_concurency = 8)]
impl Checkout {
    async fn user(&self) -> u64 {
        1
    }
}

fn main() {
    let _ = Checkout.user();
}
