//@ errors: 1
use adagio::dag;

struct Checkout;

struct StatusCode(u16);

#[dag(durable)]
impl Checkout {
    pub async fn user(&self) -> Result<u32, StatusCode> {
        Err(StatusCode(404))
    }
}

fn main() {
    let _ = StatusCode(0).0;
}
