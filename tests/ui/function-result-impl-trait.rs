//@ errors: 1
use adagio::task;

#[task]
async fn first(text: &str) -> impl ToString {
    text.len()
}

fn main() {}
