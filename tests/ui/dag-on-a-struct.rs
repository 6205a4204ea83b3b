//@ errors: 1
use adagio::dag;

#[dag]
struct Checkout {
    user: u64,
}

fn main() {
    let _ = Checkout { user: 1 }.user;
}
