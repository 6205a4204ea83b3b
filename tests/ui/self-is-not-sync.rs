//@ errors: 1
use adagio::dag;

struct Checkout(std::cell::Cell<u64>);

#[dag]
impl Checkout {
    async fn user(&self) -> u64 {
        std::future::ready(()).await;
        self.0.get()
    }
    #[depends(user)]
    async fn cart(&self, user: &u64) -> u64 {
        std::future::ready(()).await;
        self.0.get() + *user
    }
}

fn main() {}
