//@ errors: 1
use adagio::dag;

struct Pricing;

#[dag(local)]
impl Pricing {
    async fn total(&self) -> std::rc::Rc<u64> {
        1.into()
    }

    #[depends(total)]
    async fn plain(&self, total: &u64) -> u64 {
        *total
    }
}

struct Page;

#[dag]
impl Page {
    #[task(graph)]
    fn pricing(&self) -> Pricing {
        Pricing
    }

    #[depends(pricing.plain)]
    async fn page(&self, plain: u64) -> u64 {
        plain
    }
}

fn main() {}
