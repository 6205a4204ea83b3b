//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn coupon(&self) -> Result<u64, String> {
        Ok(1)
    }

    #[depends(catch coupon)]
    fn price(&self, coupon: &u64) -> u64 {
        *coupon
    }
}

fn main() {}
