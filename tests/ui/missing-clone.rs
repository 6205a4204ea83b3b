//@ errors: 1
use adagio::dag;

struct User;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> User {
        User
    }
    #[depends(user)]
    async fn cart(&self, user: User) -> u64 {
        drop(user);
        1
    }
}

fn main() {}
