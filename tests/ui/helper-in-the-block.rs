//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> String {
        String::new()
    }
    async fn discount(&self, percent: u32) -> u32 {
        percent
    }
    #[depends(user)]
    async fn cart(&self, user: &str) -> usize {
        user.len() + self.discount(1).await as usize
    }
}

fn main() {}
