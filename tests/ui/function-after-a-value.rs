//@ errors: 1
use adagio::after;

fn main() {
    after(1, || ());
}
