//@ errors: 1
use adagio::dag;

struct Site;

#[dag]
impl Site {
    fn ids(&self) -> Vec<u32> {
        vec![1, 2]
    }

    #[depends(id in ids)]
    async fn pages(&self, index: usize, id: &u32) -> String {
        format!("{index}: {id}")
    }
}

fn main() {}
