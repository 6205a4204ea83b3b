//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    #[depends(total)]
    async fn total(&self, total: &u64) -> u64 {
        *total
    }
}

fn main() {}
