//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag(durable)]
impl Checkout {
    #[task(remote)]
    pub async fn user(&self) -> u32 {
        7
    }
}

fn main() {}
