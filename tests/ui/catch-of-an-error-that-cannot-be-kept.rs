//@ errors: 1
use adagio::{TaskError, dag};

struct Status(u16);

struct Checkout;

#[dag]
impl Checkout {
    async fn coupon(&self) -> Result<u64, Status> {
        Err(Status(404))
    }

    #[depends(catch coupon)]
    fn price(&self, coupon: Result<&u64, TaskError>) -> u64 {
        coupon.copied().unwrap_or(0)
    }
}

fn main() {}
