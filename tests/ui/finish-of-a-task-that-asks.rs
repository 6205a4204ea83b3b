//@ errors: 1
use adagio::{Lazy, dag};

struct Checkout;

#[dag]
impl Checkout {
    async fn rate(&self) -> u64 {
        1
    }
    #[depends(lazy rate)]
    #[task(spawn, finish)]
    async fn charge(&self, rate: Lazy<'_, u64>) -> u64 {
        *rate.await
    }
}

fn main() {}
