//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn rows(&self) -> Vec<u64> {
        vec![1]
    }

    #[depends(move rows)]
    async fn sum(&self, rows: Vec<u64>) -> u64 {
        rows.iter().sum()
    }
}

fn main() {}
