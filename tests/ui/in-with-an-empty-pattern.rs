//@ errors: 2
//! Elements without a name.

use std::collections::HashMap;

use adagio::dag;

struct Shop;

#[dag]
impl Shop {
    fn prices(&self) -> HashMap<String, u64> {
        HashMap::new()
    }

    fn ids(&self) -> Vec<u32> {
        vec![]
    }

    #[depends(() in prices, ids)]
    async fn offers(&self, ids: &[u32]) -> usize {
        ids.len()
    }

    #[depends((name price) in prices)]
    async fn labels(&self, name: &str, price: u64) -> String {
        format!("{name}: {price}")
    }
}

fn main() {}
