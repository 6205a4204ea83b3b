//@ errors: 1
use adagio::dag;

struct Shop;

#[dag]
impl Shop {
    async fn rows(&self) -> u64 {
        1
    }

    #[depends(row in rows)]
    async fn double(&self, row: &u64) -> u64 {
        row * 2
    }
}

fn main() {}
