//@ errors: 1
use adagio::task;

#[task]
async fn concatenate(left: &str, right: &str) -> String {
    format!("{left}{right}")
}

fn main() {
    concatenate("a");
}
