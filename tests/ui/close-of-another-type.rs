//@ errors: 1
use adagio::dag;

struct App;

async fn shut(_pool: String) {}

#[dag]
impl App {
    #[task(close = shut)]
    async fn pool(&self) -> u64 {
        1
    }
}

fn main() {}
