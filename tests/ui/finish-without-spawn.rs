//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    #[task(finish)]
    async fn charge(&self) -> u64 {
        1
    }
}

fn main() {}
