//@ errors: 1
use adagio::task;

#[task(version = 2)]
pub async fn charge() -> u32 {
    7
}

fn main() {}
