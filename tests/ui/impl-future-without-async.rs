//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    fn user(&self) -> impl Future<Output = u64> {
        async { 1 }
    }
}

fn main() {}
