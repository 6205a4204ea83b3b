//@ errors: 1
use adagio::{TaskError, dag};

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> Result<u64, String> {
        Ok(1)
    }
    #[depends(user)]
    async fn cart(&self, user: Result<&u64, TaskError>) -> u64 {
        *user.unwrap()
    }
}

fn main() {}
