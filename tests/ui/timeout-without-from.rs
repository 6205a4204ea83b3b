//@ errors: 1
use adagio::dag;

struct Refused;

struct Page;

#[dag]
impl Page {
    #[task(timeout = "250ms")]
    async fn title(&self) -> Result<u64, Refused> {
        Ok(1)
    }
}

fn main() {}
