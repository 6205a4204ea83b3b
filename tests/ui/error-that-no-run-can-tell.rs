//@ errors: 1
use adagio::dag;

struct NotFound(u16);

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> Result<u64, NotFound> {
        Err(NotFound(404))
    }
}

fn main() {
    let _ = Checkout.run();
}
