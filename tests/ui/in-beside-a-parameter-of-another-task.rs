//@ errors: 1
use adagio::dag;

struct Shop;

#[dag]
impl Shop {
    async fn rows(&self) -> Vec<u64> {
        vec![1]
    }

    fn rate(&self) -> u64 {
        7
    }

    #[depends(row in rows)]
    async fn double(&self, row: &u64, rate: &u64) -> u64 {
        row * rate
    }
}

fn main() {}
