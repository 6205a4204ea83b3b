//@ errors: 1
use adagio::task;

struct User;

#[task]
async fn user() -> User {
    User
}

async fn run() {
    user().await;
}

fn main() {
    drop(run());
}
