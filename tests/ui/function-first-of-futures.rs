//@ errors: 1
use adagio::first;

fn main() {
    let _ = first(1, [std::future::ready(1)]);
}
