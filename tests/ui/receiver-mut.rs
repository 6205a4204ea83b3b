//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&mut self) -> u64 {
        1
    }
}

fn main() {}
