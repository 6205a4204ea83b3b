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
    async fn name(&self, user: &u64) -> String {
        user.to_string()
    }
    #[depends(name)]
    async fn cart(&self, name: &str) -> Result<usize, CartError> {
        Ok(name.len())
    }
}

fn main() {}
