//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) {}
    #[depends(user)]
    async fn cart(&self, user: &u64) -> u64 {
        *user
    }
}

fn main() {}
