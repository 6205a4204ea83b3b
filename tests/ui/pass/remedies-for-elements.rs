//! The remedies that messages about `in` name.
use adagio::dag;

struct Shop;

struct Pricing;

#[dag]
impl Pricing {
    fn prices(&self) -> Vec<u64> {
        vec![1]
    }
}

#[dag(max_concurrency = 8)]
impl Shop {
    async fn rows(&self) -> Vec<u64> {
        vec![1]
    }

    async fn names(&self) -> Result<Vec<String>, std::fmt::Error> {
        Ok(vec!["a".to_owned()])
    }

    fn rate(&self) -> u64 {
        7
    }

    #[task(graph)]
    fn pricing(&self) -> Pricing {
        Pricing
    }

    #[depends(pricing.prices)]
    fn prices(&self, prices: Vec<u64>) -> Vec<u64> {
        prices
    }

    #[depends(price in prices)]
    async fn of_an_inner_task(&self, price: &u64) -> u64 {
        price * 2
    }

    #[depends(row in rows, rate)]
    async fn beside_another_task(&self, row: &u64, rate: &u64) -> u64 {
        row * rate
    }

    #[depends(rows)]
    fn count(&self, rows: &[u64]) -> u64 {
        rows.len() as u64
    }

    #[depends(row in rows, count)]
    async fn beside_a_part_of_the_collection(&self, row: &u64, count: &u64) -> u64 {
        row / count
    }

    #[depends(row in rows, catch names)]
    async fn beside_another_collection(&self, row: &u64, names: Option<&[String]>) -> u64 {
        names.into_iter().flatten().map(|name| row * name.len() as u64).sum()
    }

    #[depends(row in rows)]
    fn plain_without_a_limit(&self, row: &u64) -> u64 {
        row * 2
    }
}

fn main() {}
