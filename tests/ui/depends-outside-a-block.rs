//@ errors: 1
use adagio::depends;

struct Checkout;

impl Checkout {
    #[depends(user)]
    async fn cart(&self, user: &u64) -> u64 {
        *user
    }
}

fn main() {
    let _ = Checkout.cart(&1);
}
