//@ errors: 1
use adagio::dag;

struct Shop;

#[dag]
impl Shop {
    async fn rows(&self) -> Vec<u64> {
        vec![1]
    }

    #[depends(in rows)]
    async fn double(&self) -> u64 {
        2
    }
}

fn main() {}
