//@ errors: 1
//! A `Result` goes over its value: a failure would be a collection without elements.

use adagio::dag;

struct Site;

#[dag]
impl Site {
    #[task(catch)]
    async fn ids(&self) -> Result<Vec<u32>, String> {
        Err("offline".to_owned())
    }

    #[depends(id in ids)]
    async fn pages(&self, id: &Vec<u32>) -> usize {
        id.len()
    }
}

fn main() {}
