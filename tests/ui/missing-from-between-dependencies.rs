//@ errors: 1
use adagio::dag;

struct ApiError;
struct RatesError;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> Result<u64, ApiError> {
        Err(ApiError)
    }
    async fn rates(&self) -> Result<u64, RatesError> {
        Err(RatesError)
    }
    #[depends(user, rates)]
    async fn quote(&self, user: &u64, rates: &u64) -> u64 {
        user * rates
    }
}

fn main() {}
