//@ errors: 1
#![deny(dead_code)]
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> u64 {
        1
    }
    async fn rates(&self) -> u64 {
        2
    }
}

async fn user() -> u64 {
    *Checkout.run().user().await
}

fn main() {
    let _ = user();
}
