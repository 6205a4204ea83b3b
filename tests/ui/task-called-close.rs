//@ errors: 1
use adagio::dag;

struct App;

#[dag]
impl App {
    #[task(close = |_| async {})]
    async fn pool(&self) -> u64 {
        1
    }
    async fn close(&self) {}
}

fn main() {}
