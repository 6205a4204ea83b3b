//@ errors: 1
use adagio::dag;

type AppResult = std::result::Result<u64, String>;

struct Checkout;

#[dag]
impl Checkout {
    async fn load(&self) -> AppResult {
        Ok(1)
    }
    async fn rates(&self) -> u64 {
        2
    }
}

fn main() {}
