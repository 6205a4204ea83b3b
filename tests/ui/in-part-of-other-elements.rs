//@ errors: 1
//! A pattern with more parts than the elements have.

use adagio::dag;

struct Shop;

#[dag]
impl Shop {
    fn prices(&self) -> Vec<(String, u64)> {
        vec![]
    }

    #[depends((name, price, place) in prices)]
    async fn offers(&self, name: &str, price: u64, place: usize) -> String {
        format!("{place}: {name} for {price}")
    }
}

fn main() {}
