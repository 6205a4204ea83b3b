//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> u64 {
        1
    }
    async fn rates(&self) -> u64 {
        2
    }
    #[depends(user)]
    #[depends(rates)]
    async fn cart(&self, user: &u64, rates: &u64) -> u64 {
        user * rates
    }
}

fn main() {}
