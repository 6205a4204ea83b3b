//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    #[task(blocking, finish)]
    fn charge(&self) -> u64 {
        1
    }
}

fn main() {}
