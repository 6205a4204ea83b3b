//@ errors: 2
use adagio::{all, task};

struct User;

#[task]
async fn user() -> User {
    User
}

fn main() {
    all((user(), user()));
}
