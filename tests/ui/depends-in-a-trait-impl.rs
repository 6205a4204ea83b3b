//@ errors: 1
use adagio::{dag, depends};

trait Buy {
    async fn cart(&self, user: &u64) -> u64;
}

struct Checkout;

#[dag]
impl Buy for Checkout {
    #[depends(user)]
    async fn cart(&self, user: &u64) -> u64 {
        *user
    }
}

fn main() {}
