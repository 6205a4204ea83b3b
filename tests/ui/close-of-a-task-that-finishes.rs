//@ errors: 1
use adagio::dag;

struct App;

#[dag]
impl App {
    #[task(spawn, finish, close = |_| async {})]
    async fn pool(&self) -> u64 {
        1
    }
}

fn main() {}
