//@ errors: 1
use adagio::dag;

type AppResult<T> = std::result::Result<T, String>;

struct Checkout;

#[dag]
impl Checkout {
    async fn load(&self) -> AppResult<u64> {
        Ok(1)
    }
    #[depends(load)]
    async fn cart(&self, load: &u64) -> u64 {
        *load
    }
}

fn main() {}
