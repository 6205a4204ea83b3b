//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    #[task(boxd)]
    async fn user(&self) -> u64 {
        1
    }
}

fn main() {}
