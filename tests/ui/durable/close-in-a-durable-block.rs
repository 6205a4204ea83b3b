//@ errors: 1
use adagio::dag;

struct App;

#[dag(durable)]
impl App {
    #[task(close = |_| async {})]
    async fn pool(&self) -> u64 {
        1
    }
}

fn main() {}
