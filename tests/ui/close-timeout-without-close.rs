//@ errors: 1
use adagio::dag;

struct App;

#[dag]
impl App {
    #[task(close_timeout = "10s")]
    async fn pool(&self) -> u64 {
        1
    }
}

fn main() {}
