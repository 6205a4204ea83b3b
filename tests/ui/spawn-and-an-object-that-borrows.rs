//@ errors: 1
use adagio::dag;

struct Page<'a> {
    title: &'a str,
}

#[dag(spawn)]
impl<'a> Page<'a> {
    async fn title(&self) -> String {
        self.title.to_owned()
    }
}

fn main() {}
