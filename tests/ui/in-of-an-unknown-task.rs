//@ errors: 1
//! The collection is misspelt: its element is not another mistake.

use adagio::dag;

struct Site;

#[dag]
impl Site {
    fn ids(&self) -> Vec<u32> {
        vec![1, 2]
    }

    #[depends(id in idz)]
    async fn pages(&self, id: &u32) -> u32 {
        *id
    }
}

fn main() {}
