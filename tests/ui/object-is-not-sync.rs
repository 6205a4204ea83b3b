//@ errors: 1
use adagio::dag;

struct Checkout(std::cell::Cell<u64>);

#[dag]
impl Checkout {
    fn user(&self) -> u64 {
        self.0.get()
    }
}

fn main() {}
