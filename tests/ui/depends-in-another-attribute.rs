//@ errors: 4
use adagio::dag;

struct Site;

#[dag]
impl Site {
    async fn ids(&self) -> Vec<u64> {
        vec![1]
    }

    #[task(depends(ids))]
    async fn count(&self) -> u64 {
        1
    }

    #[task(spawn, lazy ids)]
    async fn first(&self) -> u64 {
        1
    }

    #[task(_id in ids)]
    async fn pages(&self) -> u64 {
        1
    }

    #[depends(ids, lazy)]
    async fn total(&self, ids: &[u64]) -> u64 {
        ids.iter().sum()
    }
}

fn main() {}
