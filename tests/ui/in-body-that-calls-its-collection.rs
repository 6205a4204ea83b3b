//@ errors: 1
//! The body for an element asks for the whole collection.

use adagio::dag;

struct Site;

#[dag]
impl Site {
    async fn ids(&self) -> Vec<u32> {
        vec![1, 2]
    }

    #[depends(id in ids)]
    async fn pages(&self, id: &u32) -> usize {
        self.ids().await.len() + *id as usize
    }
}

fn main() {}
