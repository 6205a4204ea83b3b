//@ errors: 1
use adagio::dag;

struct Shop;

struct Inner(u64);

#[dag]
impl Inner {
    fn total(&self) -> u64 {
        self.0
    }
}

#[dag]
impl Shop {
    async fn rows(&self) -> Vec<u64> {
        vec![1]
    }

    #[depends(row in rows)]
    #[task(graph)]
    fn inner(&self, row: &u64) -> Inner {
        Inner(*row)
    }

    #[depends(inner)]
    fn whole(&self, inner: &[Inner]) -> usize {
        inner.len()
    }
}

fn main() {}
