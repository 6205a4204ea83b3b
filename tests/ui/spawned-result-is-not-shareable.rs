//@ errors: 1
use std::rc::Rc;

use adagio::dag;

struct Page;

#[dag(spawn)]
impl Page {
    async fn title(&self) -> Rc<str> {
        "title".into()
    }
    #[depends(title)]
    async fn length(&self, title: &str) -> usize {
        title.len()
    }
}

fn main() {}
