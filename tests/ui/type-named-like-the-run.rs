//@ errors: 3
use adagio::dag;

struct Checkout;
struct CheckoutRun;

#[dag]
impl Checkout {
    async fn user(&self) -> u64 {
        1
    }
}

fn main() {}
