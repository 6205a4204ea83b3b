//@ errors: 1
use adagio::dag;

struct Shop;

#[dag]
impl Shop {
    async fn rows(&self) -> Vec<u64> {
        vec![1]
    }

    #[depends(row in rows)]
    async fn double(&self, rows: &[u64]) -> usize {
        rows.len()
    }
}

fn main() {}
