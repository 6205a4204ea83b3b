//@ errors: 1
use adagio::dag;

struct Shop;

struct Pricing;

#[dag]
impl Pricing {
    fn prices(&self) -> Vec<u64> {
        vec![1]
    }
}

#[dag]
impl Shop {
    #[task(graph)]
    fn pricing(&self) -> Pricing {
        Pricing
    }

    #[depends(price in pricing.prices)]
    async fn double(&self, price: &u64) -> u64 {
        price * 2
    }
}

fn main() {}
