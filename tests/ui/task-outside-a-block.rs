//@ errors: 1
struct Checkout;

impl Checkout {
    #[adagio::task(catch)]
    async fn user(&self) -> Result<u64, String> {
        Ok(1)
    }
}

fn main() {
    let _ = Checkout.user();
}
