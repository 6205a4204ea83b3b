//@ errors: 1
use adagio::dag;

struct Checkout<T>(T);

#[dag]
impl<T: Clone> Checkout<T> {
    async fn user(&self) -> T {
        self.0.clone()
    }
    #[depends(user)]
    async fn cart(&self, user: &T) -> T {
        std::future::ready(()).await;
        user.clone()
    }
}

fn main() {}
