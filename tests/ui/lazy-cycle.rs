//@ errors: 1
use adagio::{Lazy, dag};

struct Checkout;

#[dag]
impl Checkout {
    #[depends(price)]
    async fn rates(&self, price: &u64) -> u64 {
        *price
    }

    #[depends(lazy rates)]
    async fn price(&self, rates: Lazy<'_, u64>) -> u64 {
        *rates.await
    }
}

fn main() {}
