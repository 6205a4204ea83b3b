//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> String {
        String::new()
    }
    #[depends(user as name)]
    async fn cart(&self, name: &str) -> usize {
        name.len()
    }
}

fn main() {}
