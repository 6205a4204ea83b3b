//@ errors: 1
use adagio::dag;

struct Checkout;
struct User;
struct Id;

#[dag]
impl Checkout {
    async fn user(&self) -> Option<User> {
        None
    }
    #[depends(user)]
    async fn cart(&self, user: Option<&Id>) -> bool {
        user.is_some()
    }
}

fn main() {}
