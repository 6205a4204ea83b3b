//@ errors: 2
use adagio::dag;

struct Guard<'a>(&'a u64);

struct Checkout(u64);

#[dag]
impl Checkout {
    async fn lock(&self) -> Guard<'a> {
        Guard(&self.0)
    }
}

fn main() {}
