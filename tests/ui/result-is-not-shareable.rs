//@ errors: 1
use adagio::dag;

use std::rc::Rc;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> Rc<u64> {
        Rc::new(1)
    }
    #[depends(user)]
    async fn cart(&self, user: &Rc<u64>) -> u64 {
        std::future::ready(()).await;
        **user
    }
}

fn main() {}
