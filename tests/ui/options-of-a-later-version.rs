//@ errors: 3
use adagio::dag;

struct Checkout;

#[dag(durable)]
impl Checkout {
    async fn user(&self) -> Result<u64, String> {
        Ok(1)
    }
    #[task(graph, remote)]
    fn pricing(&self) -> u64 {
        3
    }
}

fn main() {}
