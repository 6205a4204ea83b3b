//@ errors: 4
use adagio::dag;

struct Site;

#[dag(retry = 3)]
impl Site {
    async fn ids(&self) -> Vec<u64> {
        vec![1]
    }

    #[depends(id in ids, max_concurrency = 8)]
    async fn pages(&self, id: u64) -> u64 {
        id
    }

    #[depends(ids, spawn)]
    async fn total(&self, ids: &[u64]) -> u64 {
        ids.iter().sum()
    }

    #[task(durable)]
    async fn rate(&self) -> u64 {
        2
    }
}

fn main() {}
