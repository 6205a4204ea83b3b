//@ errors: 1
use std::collections::HashSet;

use adagio::dag;

struct Shop;

#[dag(durable)]
impl Shop {
    async fn rows(&self) -> HashSet<u64> {
        [1].into()
    }

    #[depends(row in rows)]
    async fn double(&self, row: &u64) -> u64 {
        row * 2
    }
}

fn main() {}
