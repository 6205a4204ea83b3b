//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> u64 {
        1
    }
}

impl Checkout {
    fn graph(&self) {}
}

fn main() {}
