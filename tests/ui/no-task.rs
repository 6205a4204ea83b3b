//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    const LIMIT: usize = 8;
}

fn main() {}
