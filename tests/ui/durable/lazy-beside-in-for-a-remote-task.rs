//@ errors: 1
use adagio::{Lazy, dag};

struct Shop;

#[dag(durable)]
impl Shop {
    fn ids(&self) -> Vec<u64> {
        vec![1]
    }

    async fn rates(&self) -> u64 {
        2
    }

    #[depends(id in ids, lazy rates)]
    #[task(remote, spawn)]
    pub async fn prices(&self, id: u64, rates: Lazy<'_, u64>) -> u64 {
        id * *rates.await
    }
}

fn main() {}
