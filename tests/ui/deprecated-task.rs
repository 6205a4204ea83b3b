//@ errors: 1
#![deny(deprecated)]
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    #[deprecated = "use `account`"]
    async fn user(&self) -> u64 {
        1
    }
}

fn main() {
    let _ = Checkout.user();
}
