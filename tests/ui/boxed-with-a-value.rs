//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    #[task(boxed = true)]
    async fn user(&self) -> u64 {
        1
    }
}

fn main() {}
