//@ errors: 1
use adagio::dag;

struct Shop;

#[dag]
impl Shop {
    async fn rows(&self) -> Vec<u64> {
        vec![1]
    }

    #[depends(row in rows)]
    async fn share(&self, row: &u64, rows: &[u64]) -> u64 {
        row / rows.len() as u64
    }
}

fn main() {}
