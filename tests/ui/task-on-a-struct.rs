//@ errors: 1
use adagio::task;

#[task]
struct Checkout;

fn main() {
    let _ = Checkout;
}
