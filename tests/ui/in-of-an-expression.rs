//@ errors: 7
//! Collections that are not the name of a task.

use adagio::dag;

struct Site;

#[dag]
impl Site {
    fn ids(&self) -> Vec<u32> {
        vec![1, 2]
    }

    #[depends(id in &ids)]
    async fn a(&self, _id: &u32) {}

    #[depends(id in ids.iter())]
    async fn b(&self, _id: &u32) {}

    #[depends((index, id) in ids.iter().enumerate())]
    async fn c(&self, _index: usize, _id: &u32) {}

    #[depends(id in 0..10)]
    async fn d(&self, _id: u32) {}

    #[depends(id in catch ids)]
    async fn e(&self, _id: &u32) {}

    #[depends((id, other) in (ids, ids))]
    async fn f(&self, _id: &u32, _other: &u32) {}

    #[depends(id in ids; host)]
    async fn g(&self, _id: &u32) {}
}

fn main() {}
