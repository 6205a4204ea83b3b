//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    #[task(retry_after = |_| None)]
    async fn user(&self) -> Result<u64, String> {
        Ok(1)
    }
}

fn main() {}
