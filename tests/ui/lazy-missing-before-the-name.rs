//@ errors: 1
use adagio::{Lazy, dag};

struct Page;

#[dag]
impl Page {
    async fn user(&self) -> u64 {
        1
    }

    #[depends(user)]
    async fn page(&self, user: Lazy<'_, u64>) {}
}

fn main() {}
