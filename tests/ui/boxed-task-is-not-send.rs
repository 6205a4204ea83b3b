//@ errors: 1
use adagio::dag;

use std::rc::Rc;

struct Checkout;

#[dag]
impl Checkout {
    #[task(boxed)]
    async fn user(&self) -> u64 {
        let count = Rc::new(1);
        std::future::ready(()).await;
        *count
    }
    #[depends(user)]
    async fn cart(&self, user: &u64) -> u64 {
        *user
    }
}

fn main() {}
