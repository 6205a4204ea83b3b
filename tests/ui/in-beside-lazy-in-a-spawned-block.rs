//@ errors: 1
use adagio::{Lazy, dag};

struct Shop;

#[dag(spawn)]
impl Shop {
    fn rows(&self) -> Vec<u64> {
        vec![1]
    }

    async fn rate(&self) -> u64 {
        2
    }

    #[depends(row in rows, lazy rate)]
    async fn double(&self, row: u64, rate: Lazy<'_, u64>) -> u64 {
        row * *rate.await
    }

    #[depends(row in rows, lazy rate)]
    #[task(inline)]
    async fn triple(&self, row: u64, rate: Lazy<'_, u64>) -> u64 {
        row * *rate.await
    }
}

fn main() {}
