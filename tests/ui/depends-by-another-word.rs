//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> String {
        String::new()
    }
    #[depends_on(user)]
    async fn cart(&self, user: &str) -> usize {
        user.len()
    }
}

fn main() {}
