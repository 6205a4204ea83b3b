//@ errors: 1
use adagio::dag;

type User = u64;

struct Checkout;

#[dag]
impl Checkout {
    #[task(catch)]
    async fn user(&self) -> User {
        1
    }
}

fn main() {}
