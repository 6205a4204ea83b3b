//! A user's type with the name of a type that borrows. It has no parameters, so it does not borrow.

use adagio::dag;

struct Cow;

struct Farm;

#[dag]
impl Farm {
    async fn cow(&self) -> Cow {
        Cow
    }
}

fn main() {
    drop(Farm.cow());
}
