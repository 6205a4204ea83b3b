//@ errors: 10
use adagio::dag;

struct Checkout;

#[dag(durable)]
impl Checkout {
    #[task(spawn, timeout = "250ms", retry = 3, backoff = "50ms..2s", retry_if = String::is_empty)]
    async fn user(&self) -> Result<u64, String> {
        Ok(1)
    }
    #[task(blocking)]
    fn rates(&self) -> u64 {
        2
    }
    #[task(inline, graph, remote)]
    fn pricing(&self) -> u64 {
        3
    }
}

fn main() {}
