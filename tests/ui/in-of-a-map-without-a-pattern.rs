//@ errors: 1
//! The elements of a map are pairs.

use std::collections::HashMap;

use adagio::dag;

struct Shop;

#[dag]
impl Shop {
    fn prices(&self) -> HashMap<String, u64> {
        HashMap::new()
    }

    #[depends(price in prices)]
    async fn offers(&self, price: &u64) -> u64 {
        *price
    }
}

fn main() {}
