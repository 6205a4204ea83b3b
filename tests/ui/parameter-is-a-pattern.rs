//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn position(&self) -> (u64, u64) {
        (1, 2)
    }
    #[depends(position)]
    async fn sum(&self, (x, y): &(u64, u64)) -> u64 {
        x + y
    }
}

fn main() {}
