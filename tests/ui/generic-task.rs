//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn user<T: Default>(&self) -> T {
        T::default()
    }
}

fn main() {}
