//@ errors: 1
use adagio::dag;

struct App;

#[dag]
impl App {
    #[task(close = |pool| async move { pool })]
    async fn pool(&self) -> u64 {
        1
    }
}

fn main() {}
