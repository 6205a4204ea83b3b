//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag(durable, local)]
impl Checkout {
    pub async fn user(&self) -> u32 {
        7
    }
}

fn main() {}
