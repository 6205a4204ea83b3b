//@ errors: 1
use std::rc::Rc;

use adagio::dag;

struct Checkout;

#[dag(spawn)]
impl Checkout {
    async fn user(&self) -> u64 {
        let user = Rc::new(1);
        std::future::ready(()).await;
        *user
    }
}

fn main() {}
