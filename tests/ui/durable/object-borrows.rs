//@ errors: 1
use adagio::dag;

struct Order<'a>(&'a str);

#[dag(durable)]
impl<'a> Order<'a> {
    pub async fn charge(&self) -> u32 {
        self.0.len() as u32
    }
}

fn main() {}
