//@ errors: 2
use adagio::dag;

struct Page;

#[dag(local)]
impl Page {
    #[task(spawn)]
    async fn title(&self) -> u64 {
        1
    }
    #[task(blocking)]
    fn text(&self) -> u64 {
        2
    }
}

fn main() {}
