//@ errors: 1
use adagio::dag;

struct Shop;

#[dag]
impl Shop {
    async fn rows(&self) -> Vec<u64> {
        vec![1]
    }

    #[depends(row in rows)]
    #[task(spawn, finish)]
    async fn double(&self, row: &u64) -> u64 {
        row * 2
    }
}

fn main() {}
