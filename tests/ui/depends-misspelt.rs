//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> u64 {
        1
    }
    #[depend(user)]
    async fn cart(&self, user: &u64) -> u64 {
        *user
    }
}

fn main() {}
