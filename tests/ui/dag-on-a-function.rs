//@ errors: 1
use adagio::dag;

#[dag]
async fn user() -> u64 {
    1
}

fn main() {
    let _ = user();
}
