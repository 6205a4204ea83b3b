//@ errors: 1
use adagio::dag;

struct Inner;

#[dag]
impl Inner {
    #[task(close = |_| async {})]
    async fn pool(&self) -> u64 {
        1
    }
}

struct Outer;

#[dag]
impl Outer {
    #[task(graph)]
    fn inner(&self) -> Inner {
        Inner
    }
    #[depends(inner.pool)]
    async fn page(&self, pool: &u64) -> u64 {
        *pool
    }
}

fn main() {}
