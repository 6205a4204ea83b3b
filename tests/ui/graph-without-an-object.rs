//@ errors: 1
use adagio::dag;

struct Page;

#[dag]
impl Page {
    #[task(graph)]
    fn pricing(&self) {}
}

fn main() {}
