//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn user<const N: usize>(&self) -> [u8; N] {
        [0; N]
    }
}

fn main() {}
