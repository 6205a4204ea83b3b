//@ errors: 1
use adagio::dag;

struct Pricing(String);

#[dag]
impl Pricing {
    async fn total(&self) -> Result<u64, &str> {
        Err(&self.0)
    }
}

struct Page;

#[dag]
impl Page {
    #[task(graph)]
    fn pricing(&self) -> Pricing {
        Pricing(String::new())
    }

    #[depends(pricing.total)]
    async fn page(&self, total: u64) -> Result<u64, String> {
        Ok(total)
    }
}

fn main() {}
