//@ errors: 1
#![deny(unused_must_use)]
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    #[must_use]
    fn user(&self) -> u64 {
        1
    }
}

async fn check() {
    Checkout.user().await;
}

fn main() {
    let _ = check();
}
