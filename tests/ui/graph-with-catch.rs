//@ errors: 1
use adagio::dag;

struct Pricing;

#[dag]
impl Pricing {
    async fn total(&self) -> u64 {
        1
    }
}

struct Page;

#[dag]
impl Page {
    #[task(graph, catch)]
    fn pricing(&self) -> Result<Pricing, String> {
        Ok(Pricing)
    }
}

fn main() {}
