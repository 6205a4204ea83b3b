//@ errors: 1
//! A graph is no collection.

use adagio::dag;

struct Pricing;

#[dag]
impl Pricing {
    async fn rows(&self) -> Vec<u32> {
        vec![1]
    }
}

struct Shop;

#[dag]
impl Shop {
    #[task(graph)]
    fn pricing(&self) -> Pricing {
        Pricing
    }

    #[depends(row in pricing)]
    async fn offers(&self, row: &u32) -> u32 {
        *row
    }
}

fn main() {}
