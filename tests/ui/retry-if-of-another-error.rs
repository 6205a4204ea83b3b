//@ errors: 1
use adagio::dag;

struct Refused;

struct Page;

#[dag]
impl Page {
    #[task(retry = 3, retry_if = String::is_empty)]
    async fn title(&self) -> Result<u64, Refused> {
        Ok(1)
    }
}

fn main() {}
