//@ errors: 12
//! Every mistake of a block in one build, and not one more at its call sites.
use adagio::dag;

struct Checkout;

#[dag(locl)]
impl Checkout {
    async fn user(&mut self) -> Result<u64, String> {
        Ok(1)
    }
    #[depends(usr)]
    async fn cart(&self, user: &u64) -> u64 {
        *user
    }
    #[depends("user", cart, cart)]
    async fn quote(&self, cart: &u64) -> u64 {
        *cart
    }
    #[depends(cart)]
    #[task(catch)]
    async fn total(&self, cart: &u64, rates: &u64) -> u64 {
        cart * rates
    }
    #[depends(b)]
    async fn a(&self) {}
    #[depends(a)]
    async fn b(&self) {}
    async unsafe fn rates(&self) -> u64 {
        1
    }
    async fn run(&self, (x, _): (u64, u64)) -> u64 {
        x
    }
    fn new() -> Self {
        Checkout
    }
}

async fn quote() -> u64 {
    Checkout::new().quote().await + Checkout::new().total().await + Checkout.run().await
}

fn main() {
    let _ = quote();
}
