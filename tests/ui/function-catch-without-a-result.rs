//@ errors: 1
use adagio::task;

struct User;

#[task(catch)]
async fn first() -> User {
    User
}

fn main() {
    first();
}
