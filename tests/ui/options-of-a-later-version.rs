//@ errors: 2
use adagio::dag;

struct Checkout;

#[dag(durable)]
impl Checkout {
    async fn user(&self) -> Result<u64, String> {
        Ok(1)
    }
    #[task(remote)]
    fn pricing(&self) -> u64 {
        3
    }
}

fn main() {}
