//@ errors: 1
use adagio::dag;

struct Site;

#[dag(durable)]
impl Site {
    async fn ids(&self) -> Vec<u64> {
        vec![1]
    }

    #[depends(id in ids)]
    #[task(remote, spawn, finish)]
    async fn pages(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
