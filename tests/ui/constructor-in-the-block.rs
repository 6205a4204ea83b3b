//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    fn new() -> Self {
        Checkout
    }
    async fn user(&self) -> u64 {
        1
    }
}

fn main() {
    let _ = Checkout::new().user();
}
