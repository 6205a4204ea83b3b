//@ errors: 1
use adagio::dag;

struct Page(u64);

#[dag]
impl Page {
    #[task(graph)]
    fn older(&self) -> Page {
        Page(self.0 - 1)
    }

    #[depends(older.page)]
    async fn page(&self, page: u64) -> u64 {
        page
    }
}

fn main() {}
