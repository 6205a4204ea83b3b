//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    #[task(retry = 3)]
    async fn user(&self) -> u64 {
        1
    }
}

fn main() {}
