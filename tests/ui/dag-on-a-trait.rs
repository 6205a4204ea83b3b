//@ errors: 1
use adagio::dag;

#[dag]
trait Checkout {
    #[depends(user)]
    async fn cart(&self) -> u64;
}

fn main() {}
