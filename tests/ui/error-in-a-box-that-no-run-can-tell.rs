//@ errors: 1
use std::error::Error;

use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> Result<u64, Box<dyn Error>> {
        Ok(1)
    }
}

fn main() {
    Checkout.run();
}
