//@ errors: 1
use adagio::dag;

struct Order;

#[dag]
impl Order {
    #[task(version = 2)]
    pub async fn charge(&self) -> u32 {
        7
    }
}

fn main() {}
