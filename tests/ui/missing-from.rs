//@ errors: 1
use adagio::dag;

struct ApiError;
struct CartError;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> Result<u64, ApiError> {
        Err(ApiError)
    }
    #[depends(user)]
    async fn cart(&self, user: &u64) -> Result<u64, CartError> {
        Ok(*user)
    }
}

fn main() {}
