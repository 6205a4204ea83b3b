//@ errors: 1
use adagio::dag;

struct Checkout(String);

#[dag]
impl Checkout {
    async fn user(&self) -> &str {
        &self.0
    }
    #[depends(user)]
    async fn cart(&self, user: String) -> usize {
        user.len()
    }
}

fn main() {}
