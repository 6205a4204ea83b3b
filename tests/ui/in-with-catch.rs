//@ errors: 1
use adagio::dag;

struct Shop;

#[dag]
impl Shop {
    async fn rows(&self) -> Result<Vec<u64>, std::fmt::Error> {
        Ok(vec![1])
    }

    #[depends(catch row in rows)]
    async fn double(&self, row: &u64) -> u64 {
        row * 2
    }
}

fn main() {}
