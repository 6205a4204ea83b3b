//@ errors: 1
struct Page;

#[adagio::dag]
impl Page {
    #[task(name = "load {url}")]
    async fn user(&self) -> u32 {
        7
    }
}

fn main() {}
