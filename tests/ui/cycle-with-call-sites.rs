//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    #[depends(quote)]
    async fn cart(&self, quote: &u64) -> Result<u64, String> {
        Ok(*quote)
    }
    #[depends(cart)]
    async fn quote(&self, cart: &u64) -> u64 {
        *cart
    }
}

async fn quote() -> Result<u64, String> {
    Checkout.quote().await
}

fn main() {
    let _ = quote();
}
