//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    #[task(boxed)]
    fn user(&self) -> u64 {
        1
    }
}

fn main() {}
