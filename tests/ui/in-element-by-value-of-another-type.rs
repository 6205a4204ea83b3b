//@ errors: 1
use adagio::dag;

struct Shop;

#[dag]
impl Shop {
    async fn rows(&self) -> Vec<u64> {
        vec![1]
    }

    #[depends(row in rows)]
    async fn double(&self, row: String) -> usize {
        row.len() * 2
    }
}

fn main() {}
