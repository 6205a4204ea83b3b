//@ errors: 1
use std::rc::Rc;

use adagio::dag;

struct Rows(Vec<u64>);

impl IntoIterator for &Rows {
    type Item = u64;
    type IntoIter = Numbers;

    fn into_iter(self) -> Numbers {
        Numbers(Rc::new(self.0.clone()), 0)
    }
}

struct Numbers(Rc<Vec<u64>>, usize);

impl Iterator for Numbers {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.1 += 1;
        self.0.get(self.1 - 1).copied()
    }
}

struct Shop;

#[dag]
impl Shop {
    fn rows(&self) -> Rows {
        Rows(vec![1])
    }

    #[depends(row in rows)]
    async fn double(&self, row: u64) -> u64 {
        row * 2
    }

    // It holds the iterator in no wait.
    #[depends(row in rows)]
    fn half(&self, row: u64) -> u64 {
        row / 2
    }
}

fn main() {}
