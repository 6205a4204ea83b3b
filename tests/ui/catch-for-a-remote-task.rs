//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn coupon(&self) -> Result<u64, String> {
        Ok(1)
    }

    #[task(remote)]
    #[depends(catch coupon)]
    async fn price(&self, coupon: Option<u64>) -> u64 {
        coupon.unwrap_or(0)
    }
}

fn main() {}
