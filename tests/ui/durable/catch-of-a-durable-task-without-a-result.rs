//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag(durable)]
impl Checkout {
    async fn coupon(&self) -> u64 {
        1
    }

    #[depends(catch coupon)]
    pub(crate) fn price(&self, coupon: Option<&u64>) -> u64 {
        coupon.copied().unwrap_or(0)
    }
}

fn main() {}
