//@ errors: 1
use adagio::dag;

struct Shop;

#[dag]
impl Shop {
    #[task(max_concurrency = 8)]
    async fn rows(&self) -> Vec<u64> {
        vec![1]
    }
}

fn main() {}
