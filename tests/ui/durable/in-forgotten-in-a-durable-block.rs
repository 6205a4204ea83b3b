//@ errors: 1
use adagio::dag;

struct Site;

#[dag(durable)]
impl Site {
    fn ids(&self) -> Vec<u32> {
        vec![1, 2]
    }

    #[depends(ids)]
    async fn pages(&self, id: &u32) -> String {
        id.to_string()
    }
}

fn main() {}
