//@ errors: 1
use adagio::dag;

struct App;

#[dag]
impl App {
    #[task(close = |_| async {}, close_timeout = "0s")]
    async fn pool(&self) -> u64 {
        1
    }
}

fn main() {}
