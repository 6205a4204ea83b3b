//@ errors: 1
use adagio::{Events, dag};

struct Page;

#[dag]
impl Page {
    async fn user(&self) {}
}

fn main() {
    let events = Events::new(64);
    let _ = Page.run().observe(events);
}
