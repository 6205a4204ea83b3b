//@ errors: 1
use adagio::dag;

struct Shop;

#[dag]
impl Shop {
    async fn rows(&self) -> Vec<u64> {
        vec![1]
    }

    #[depends(rows in rows)]
    async fn double(&self, rows: &u64) -> u64 {
        rows * 2
    }
}

fn main() {}
