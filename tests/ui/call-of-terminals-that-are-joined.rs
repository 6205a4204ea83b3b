//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> Result<Vec<u64>, String> {
        Ok(vec![])
    }
    async fn cart(&self) -> usize {
        let (user,) = tokio::join!(self.user());
        user.map_or(0, |user| user.len())
    }
}

fn main() {}
