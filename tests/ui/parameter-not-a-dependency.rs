//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn cart(&self) -> u64 {
        1
    }
    async fn rates(&self) -> u64 {
        2
    }
    #[depends(cart)]
    async fn quote(&self, cart: &u64, rates: &u64) -> u64 {
        cart * rates
    }
}

fn main() {}
