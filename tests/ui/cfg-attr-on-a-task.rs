//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn rates(&self) -> u64 {
        2
    }
    #[cfg_attr(all(), depends(rates))]
    async fn user(&self) -> u64 {
        1
    }
}

fn main() {}
