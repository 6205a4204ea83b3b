//@ errors: 2
use adagio::dag;
use std::io;

struct Page;

#[dag]
impl Page {
    async fn user(&self) -> Result<u64, io::Error> {
        Ok(1)
    }

    #[depends(catch user)]
    async fn page(&self, user: Result<&u64, &io::Error>) {}

    #[depends(catch user)]
    async fn note(&self, user: Result<u64, io::Error>) {}
}

fn main() {}
