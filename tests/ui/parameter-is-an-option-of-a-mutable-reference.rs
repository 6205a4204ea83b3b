//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> Option<String> {
        None
    }
    #[depends(user)]
    async fn cart(&self, user: Option<&mut String>) -> usize {
        user.map_or(0, |user| user.len())
    }
}

fn main() {}
