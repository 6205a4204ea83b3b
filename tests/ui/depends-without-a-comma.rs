//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> u64 {
        1
    }

    async fn cart(&self) -> u64 {
        1
    }

    #[depends(user cart)]
    fn price(&self, user: u64, cart: u64) -> u64 {
        user + cart
    }
}

fn main() {}
