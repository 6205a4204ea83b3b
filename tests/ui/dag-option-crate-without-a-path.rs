//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag(crate = "adagio")]
impl Checkout {
    async fn user(&self) -> u64 {
        1
    }
}

fn main() {}
