//@ errors: 1
use adagio::task;

#[task]
async fn number() -> u32 {
    1
}

#[task]
async fn shout(text: String) -> String {
    text.to_uppercase()
}

fn main() {
    shout(&number());
}
