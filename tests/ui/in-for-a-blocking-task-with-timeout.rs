//@ errors: 1
use adagio::dag;

struct Shop;

#[dag]
impl Shop {
    async fn rows(&self) -> Vec<u64> {
        vec![1]
    }

    #[depends(row in rows)]
    #[task(blocking, timeout = "1s")]
    fn double(&self, row: &u64) -> Result<u64, adagio::TimedOut> {
        Ok(row * 2)
    }
}

fn main() {}
