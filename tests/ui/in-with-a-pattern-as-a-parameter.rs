//@ errors: 1
//! The names of a pattern as one parameter.

use adagio::dag;

struct Shop;

#[dag]
impl Shop {
    fn prices(&self) -> Vec<(String, u64)> {
        vec![]
    }

    #[depends((name, price) in prices)]
    async fn offers(&self, (name, price): (&String, &u64)) -> String {
        format!("{name}: {price}")
    }
}

fn main() {}
