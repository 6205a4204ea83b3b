//@ errors: 1
use adagio::{Lazy, dag};

struct Checkout;

#[dag]
impl Checkout {
    async fn rates(&self) -> u64 {
        1
    }

    #[depends(lazy rates)]
    async fn price(&self, rates: Lazy<'_, u32>) -> u32 {
        *rates.await
    }
}

fn main() {}
