//@ errors: 1
use std::rc::Rc;

use adagio::dag;

struct Page;

#[dag]
impl Page {
    #[task(spawn)]
    async fn title(&self) -> u64 {
        let title = Rc::new(1);
        std::future::ready(()).await;
        *title
    }
}

fn main() {}
