//@ errors: 1
use adagio::dag;

struct Pricing;

struct NoPrice;

#[dag]
impl Pricing {
    async fn total(&self) -> Result<u64, NoPrice> {
        Ok(1)
    }
}

struct Page;

#[dag]
impl Page {
    #[task(graph)]
    fn pricing(&self) -> Pricing {
        Pricing
    }

    #[depends(pricing.total)]
    async fn page(&self, total: u64) -> Result<u64, String> {
        Ok(total)
    }
}

fn main() {}
