//@ errors: 7
use adagio::dag;

struct Page;

#[dag(spawn)]
impl Page {
    async fn title(&self) -> u64 {
        1
    }
    #[task(spawn, timeout = "250ms", retry = 3)]
    async fn text(&self) -> Result<u64, String> {
        Ok(1)
    }
    #[task(blocking)]
    fn size(&self) -> u64 {
        1
    }
    #[task(permit = |this| &this.database)]
    async fn query(&self) -> u64 {
        1
    }
    #[task(retry = 3)]
    fn price(&self) -> Result<u64, String> {
        Ok(1)
    }
}

fn main() {}
