//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn rows(&self) -> Vec<u64> {
        vec![1]
    }

    #[depends(move)]
    async fn sum(&self) -> u64 {
        1
    }
}

fn main() {}
