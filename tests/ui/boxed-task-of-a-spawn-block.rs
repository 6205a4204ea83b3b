//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag(spawn)]
impl Checkout {
    #[task(boxed)]
    async fn user(&self) -> u64 {
        1
    }
}

fn main() {}
