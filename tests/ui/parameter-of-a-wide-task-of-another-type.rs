//@ errors: 1
use adagio::dag;

struct Site;

#[dag]
impl Site {
    async fn ids(&self) -> Vec<u64> {
        vec![1]
    }

    #[depends(id in ids)]
    async fn pages(&self, id: u64) -> u64 {
        id
    }

    #[depends(pages)]
    async fn total(&self, pages: u64) -> u64 {
        pages
    }
}

fn main() {}
