//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> u64 {
        1
    }
}

#[dag]
impl Checkout {
    async fn rates(&self) -> u64 {
        2
    }
}

fn main() {}
