//@ errors: 2
//! A pattern with more parts than the elements have, and one for elements without parts.

use adagio::dag;

struct Shop;

#[dag]
impl Shop {
    fn prices(&self) -> Vec<(String, u64)> {
        vec![]
    }

    fn ids(&self) -> Vec<u32> {
        vec![]
    }

    #[depends((name, price, place) in prices)]
    async fn offers(&self, name: &str, price: u64, place: usize) -> String {
        format!("{place}: {name} for {price}")
    }

    #[depends((index, id) in ids)]
    async fn pages(&self, index: usize, id: &u32) -> String {
        format!("{index}: {id}")
    }
}

fn main() {}
