//@ errors: 2
use adagio::dag;

struct Pricing;

#[dag]
impl Pricing {
    #[task(graph)]
    fn page(&self) -> Page {
        Page
    }

    #[depends(page.user)]
    async fn total(&self, user: u64) -> u64 {
        user
    }
}

struct Page;

#[dag]
impl Page {
    async fn user(&self) -> u64 {
        7
    }

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
