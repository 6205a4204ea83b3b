//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> Result<u64, String> {
        Ok(1)
    }
    #[depends(catch user)]
    async fn cart(&self, user: &Result<u64, String>) -> bool {
        user.is_ok()
    }
}

fn main() {}
