//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> Result<u64, String> {
        Ok(1)
    }
    #[depends(user)]
    async fn cart(&self, user: Result<u64, String>) -> u64 {
        user.unwrap_or(0)
    }
}

fn main() {}
