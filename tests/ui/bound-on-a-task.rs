//@ errors: 1
use adagio::dag;

struct Checkout<T>(T);

#[dag]
impl<T: Send + Sync> Checkout<T> {
    async fn user(&self) -> T
    where
        T: Default,
    {
        T::default()
    }
}

fn main() {}
