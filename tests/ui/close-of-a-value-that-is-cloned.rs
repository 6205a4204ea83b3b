//@ errors: 1
use adagio::dag;

struct App;

#[dag]
impl App {
    #[task(close = |_| async {})]
    async fn pool(&self) -> String {
        String::new()
    }
    #[depends(pool)]
    async fn server(&self, pool: String) -> String {
        pool
    }
}

fn main() {}
