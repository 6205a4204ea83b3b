//@ errors: 2
use adagio::dag;

struct Page {
    title: String,
}

#[dag]
impl Page {
    async fn title(&self) -> &str {
        &self.title
    }
    #[task(blocking)]
    fn words<'s>(&'s self) -> Vec<&'s str> {
        self.title.split(' ').collect()
    }
}

fn main() {}
