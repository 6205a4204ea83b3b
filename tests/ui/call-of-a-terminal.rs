//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> u64 {
        1
    }
    async fn cart(&self) -> u64 {
        self.user().await + 1
    }
}

fn main() {}
