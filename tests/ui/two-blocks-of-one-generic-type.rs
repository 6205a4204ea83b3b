//@ errors: 1
use adagio::dag;

struct Checkout<T>(T);

#[dag]
impl Checkout<u8> {
    async fn user(&self) -> u64 {
        1
    }
}

#[dag]
impl Checkout<u16> {
    async fn rates(&self) -> u64 {
        2
    }
}

fn main() {}
