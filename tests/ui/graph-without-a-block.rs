//@ errors: 13
use adagio::dag;

struct Pricing;

struct Page;

#[dag]
impl Page {
    #[task(graph)]
    fn pricing(&self) -> Pricing {
        Pricing
    }

    #[depends(pricing.total)]
    async fn page(&self, total: u64) -> u64 {
        total
    }
}

fn main() {}
