//@ errors: 1
use adagio::task;

struct Client;

impl Client {
    #[task]
    async fn fetch(&self) -> u32 {
        1
    }
}

fn main() {}
