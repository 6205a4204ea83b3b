//@ errors: 1
use adagio::dag;

struct Page;

#[dag]
impl Page {
    #[task(retry(3))]
    async fn load(&self) -> Result<u64, String> {
        Ok(1)
    }
}

fn main() {}
