//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(self: std::sync::Arc<Self>) -> u64 {
        1
    }
}

fn main() {}
