//@ errors: 1
use adagio::dag;

struct User;

struct Cart;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> User {
        User
    }
    #[depends(user)]
    async fn cart(&self, user: &Cart) -> usize {
        size_of_val(user)
    }
}

fn main() {}
