//@ errors: 1
use adagio::{Lazy, dag};

struct Checkout;

#[dag]
impl Checkout {
    async fn rates(&self) -> u64 {
        1
    }

    #[depends(lazy rates)]
    fn price(&self, rates: Lazy<'_, u64>) -> Option<u64> {
        rates.peek().copied()
    }
}

fn main() {}
