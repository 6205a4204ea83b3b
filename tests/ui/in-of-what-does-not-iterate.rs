//@ errors: 1
use adagio::dag;

struct Shop;

struct Rows;

#[dag]
impl Shop {
    async fn rows(&self) -> Rows {
        Rows
    }

    #[depends(row in rows)]
    async fn double(&self, row: &u64) -> u64 {
        row * 2
    }
}

fn main() {}
