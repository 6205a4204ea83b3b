//@ errors: 4
use adagio::{Lazy, dag};

struct Page<'a>(&'a str);

#[dag]
impl<'a> Page<'a> {
    async fn rates(&self) -> Vec<u64> {
        vec![1]
    }

    async fn name(&self) -> &'static str {
        "a name"
    }

    #[depends(rates)]
    async fn first(&self, rates: &'static [u64]) -> u64 {
        rates[0]
    }

    #[depends(rates)]
    async fn second(&self, rates: &'a [u64]) -> u64 {
        rates[0]
    }

    #[depends(rate in rates)]
    async fn third(&self, rate: &'static u64) -> u64 {
        *rate
    }

    #[depends(lazy rates, name)]
    async fn fourth(&self, rates: Lazy<'static, Vec<u64>>, name: &'static str) -> usize {
        rates.await.len() + name.len()
    }
}

fn main() {}
