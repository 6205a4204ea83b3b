//@ errors: 1
use adagio::dag;

struct User;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> Usr {
        User
    }
    #[depends(user)]
    async fn cart(&self, user: &User) -> u64 {
        let _ = user;
        1
    }
}

fn main() {}
