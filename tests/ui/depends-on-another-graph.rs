//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    fn pricing(&self) -> u64 {
        1
    }
    #[depends(pricing.total)]
    async fn page(&self, total: &u64) -> u64 {
        *total
    }
}

fn main() {}
