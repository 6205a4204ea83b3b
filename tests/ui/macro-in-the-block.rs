//@ errors: 1
use adagio::dag;

macro_rules! task {
    ($name:ident) => { async fn $name(&self) -> u64 { 1 } };
}

struct Checkout;

#[dag]
impl Checkout {
    async fn rates(&self) -> u64 {
        1
    }
    task!(user);
}

fn main() {}
