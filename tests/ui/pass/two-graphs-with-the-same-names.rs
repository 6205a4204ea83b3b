//! Blocks of two types do not see each other.
use adagio::dag;

struct Checkout;
struct Refund<T>(T);

#[dag]
impl Checkout {
    async fn user(&self) -> Result<u64, String> {
        Ok(1)
    }
}

#[dag]
impl<T: Copy + Send + Sync> Refund<T> {
    async fn user(&self) -> Result<T, String> {
        Ok(self.0)
    }
}

fn main() {
    let _ = (Checkout.user(), Refund(1).user());
}
