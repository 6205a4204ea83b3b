//@ errors: 1
use adagio::dag;

struct Busy {
    seconds: Option<u64>,
}

struct Page;

#[dag]
impl Page {
    #[task(retry = 3, retry_after = |busy| busy.seconds)]
    async fn title(&self) -> Result<u64, Busy> {
        Ok(1)
    }
}

fn main() {}
