//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    #[cfg(debug_assertions)]
    async fn user(&self) -> u64 {
        1
    }
    async fn rates(&self) -> u64 {
        2
    }
}

fn main() {}
