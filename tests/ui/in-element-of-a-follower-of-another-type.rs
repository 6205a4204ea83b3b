//@ errors: 1
use adagio::dag;

struct Shop;

#[dag]
impl Shop {
    async fn rows(&self) -> Vec<u64> {
        vec![1]
    }

    #[depends(row in rows)]
    async fn double(&self, row: &u64) -> u64 {
        row * 2
    }

    #[depends(one in double)]
    async fn half(&self, one: &str) -> usize {
        one.len()
    }
}

fn main() {}
