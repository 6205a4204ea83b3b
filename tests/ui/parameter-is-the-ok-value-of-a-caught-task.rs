//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    #[task(catch)]
    async fn user(&self) -> Result<u64, String> {
        Ok(1)
    }
    #[depends(user)]
    async fn cart(&self, user: &u64) -> u64 {
        *user
    }
}

fn main() {}
