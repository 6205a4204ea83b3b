//@ errors: 1
use adagio::task;

#[task]
async fn first(text: &str) -> &str {
    text
}

fn main() {
    first("a");
}
