//@ errors: 2
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> u64 {
        1
    }
}

impl Checkout {
    fn user(&self) -> u64 {
        2
    }
}

fn main() {}
