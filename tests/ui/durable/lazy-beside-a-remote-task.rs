//@ errors: 1
use adagio::{Lazy, dag};

struct Checkout;

#[dag(durable)]
impl Checkout {
    async fn rates(&self) -> u64 {
        1
    }

    #[depends(lazy rates)]
    async fn price(&self, rates: Lazy<'_, u64>) -> u64 {
        *rates.await
    }

    #[depends(price)]
    #[task(remote)]
    pub async fn bill(&self, price: u64) -> u64 {
        price
    }
}

fn main() {}
