//! The attributes may be imported, or written with the path of the crate.
#![deny(warnings)]
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    #[adagio::task(catch)]
    async fn user(&self) -> Result<u64, String> {
        Ok(1)
    }
    #[adagio::depends(user)]
    async fn cart(&self, user: &Result<u64, String>) -> bool {
        user.is_ok()
    }
}

fn main() {
    drop(Checkout.cart());
}
