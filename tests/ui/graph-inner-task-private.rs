//@ errors: 1
use adagio::dag;

mod pricing {
    pub struct Pricing;

    #[adagio::dag]
    impl Pricing {
        async fn rates(&self) -> u64 {
            1
        }

        #[depends(rates)]
        pub async fn total(&self, rates: u64) -> u64 {
            rates
        }
    }
}

use pricing::Pricing;

struct Page;

#[dag]
impl Page {
    #[task(graph)]
    fn pricing(&self) -> Pricing {
        Pricing
    }

    #[depends(pricing.rates)]
    async fn page(&self, rates: u64) -> u64 {
        rates
    }
}

fn main() {}
