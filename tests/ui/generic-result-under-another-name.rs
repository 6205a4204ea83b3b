//@ errors: 1
use adagio::dag;

type AppResult<T> = std::result::Result<T, String>;

struct Checkout<T>(T);

#[dag]
impl<T: Clone + Send + Sync> Checkout<T> {
    async fn load(&self) -> AppResult<T> {
        Ok(self.0.clone())
    }
    #[depends(load)]
    async fn cart(&self, load: &T) -> T {
        load.clone()
    }
}

fn main() {}
