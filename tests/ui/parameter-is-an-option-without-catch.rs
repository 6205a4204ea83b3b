//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> Result<u64, String> {
        Ok(1)
    }
    #[depends(user)]
    async fn cart(&self, user: Option<&u64>) -> u64 {
        *user.unwrap()
    }
}

fn main() {}
