//@ errors: 1
use adagio::dag;

struct App;

#[dag]
impl App {
    #[task(close = |pool| async move {
        let shared = std::rc::Rc::new(pool);
        std::future::ready(()).await;
        drop(shared);
    })]
    async fn pool(&self) -> u64 {
        1
    }
}

fn main() {}
