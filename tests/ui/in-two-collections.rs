//@ errors: 1
use adagio::dag;

struct Shop;

#[dag]
impl Shop {
    async fn rows(&self) -> Vec<u64> {
        vec![1]
    }

    async fn names(&self) -> Vec<String> {
        vec![String::new()]
    }

    #[depends(row in rows, name in names)]
    async fn double(&self, row: &u64, name: &str) -> u64 {
        row * name.len() as u64
    }
}

fn main() {}
