//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> u64 {
        let price = self.;
        1
    }
    #[depends(user)]
    async fn cart(&self, user: &u64) -> u64 {
        *user
    }
}

async fn cart() -> u64 {
    Checkout.cart().await
}

fn main() {
    let _ = cart();
}
