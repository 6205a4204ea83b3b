//@ errors: 2
use adagio::all;

fn main() {
    all((1,));
}
