//@ errors: 1
use adagio::dag;

struct Pricing;

#[dag]
impl Pricing {
    async fn total(&self) -> u64 {
        1
    }
}

struct Page;

#[dag]
impl Page {
    #[task(graph)]
    fn pricing(&self) -> Pricing {
        Pricing
    }

    #[depends(catch pricing.total)]
    async fn page(&self, total: Option<u64>) -> Option<u64> {
        total
    }
}

fn main() {}
