//@ errors: 1
use adagio::dag;

use std::cell::Cell;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> Cell<u64> {
        Cell::new(1)
    }
    #[depends(user)]
    async fn cart(&self, user: &Cell<u64>) -> u64 {
        std::future::ready(()).await;
        user.get()
    }
}

fn main() {}
