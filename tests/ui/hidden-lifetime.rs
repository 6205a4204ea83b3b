//@ errors: 1
use adagio::dag;

struct Guard<'a>(&'a u64);

struct Checkout(u64);

#[dag]
impl Checkout {
    async fn lock(&self) -> Guard {
        Guard(&self.0)
    }
    #[depends(lock)]
    async fn cart(&self, lock: &Guard<'_>) -> u64 {
        *lock.0
    }
}

fn main() {}
