//@ errors: 1
use std::cell::Cell;

struct Order {
    calls: Cell<u32>,
}

#[adagio::dag(durable)]
impl Order {
    async fn charge(&self) -> u32 {
        self.calls.get()
    }
}

fn main() {}
