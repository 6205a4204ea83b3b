//@ errors: 1
use adagio::dag;

struct Page;

#[dag]
impl Page {
    async fn user(&self) -> Result<u64, String> {
        Ok(1)
    }

    #[depends(catch(user))]
    async fn page(&self, user: Option<&u64>) {}
}

fn main() {}
