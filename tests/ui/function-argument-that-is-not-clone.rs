//@ errors: 1
use adagio::task;

struct User;

#[task]
async fn user() -> User {
    User
}

#[task]
async fn greet(user: User) {
    drop(user);
}

fn main() {
    greet(user());
}
