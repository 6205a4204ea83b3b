//@ errors: 1
#![deny(dead_code)]
use adagio::dag;

pub struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> u64 {
        1
    }
    async fn rates(&self) -> u64 {
        2
    }
    #[depends(user)]
    pub async fn cart(&self, user: &u64) -> u64 {
        *user
    }
}

fn main() {
    let _ = Checkout.cart();
}
