//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn rates(&self) -> u64 {
        1
    }

    #[depends(lazy rates)]
    async fn price(&self, rates: &u64) -> u64 {
        *rates
    }
}

fn main() {}
