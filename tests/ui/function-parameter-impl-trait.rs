//@ errors: 1
use adagio::task;

#[task]
async fn shout(text: impl ToString) -> String {
    text.to_string()
}

fn main() {
    shout("a");
}
