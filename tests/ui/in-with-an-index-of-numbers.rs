//@ errors: 1
use adagio::dag;

struct Shop;

#[dag]
impl Shop {
    fn ids(&self) -> Vec<u32> {
        vec![]
    }

    #[depends((index, id) in ids)]
    async fn pages(&self, index: usize, id: &u32) -> String {
        format!("{index}: {id}")
    }
}

fn main() {}
