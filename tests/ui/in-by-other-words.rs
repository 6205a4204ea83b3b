//@ errors: 9
//! Other ways to write `id in ids`.

use adagio::dag;

struct Site;

#[dag]
impl Site {
    fn ids(&self) -> Vec<(u32, u32)> {
        vec![(1, 2)]
    }

    #[depends(id of ids)]
    async fn a(&self) {}

    #[depends(each ids)]
    async fn b(&self) {}

    #[depends(for id in ids)]
    async fn c(&self) {}

    #[depends(mut id in ids)]
    async fn d(&self) {}

    #[depends(id = ids)]
    async fn e(&self) {}

    #[depends(id: ids)]
    async fn f(&self) {}

    #[depends(_ in ids)]
    async fn g(&self) {}

    #[depends((_, second) in ids)]
    async fn h(&self) {}

    #[depends(id ids)]
    async fn i(&self) {}
}

fn main() {}
