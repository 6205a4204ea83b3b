//@ errors: 1
use adagio::task;

#[task]
async fn shout(text: &mut String) {
    text.push('!');
}

fn main() {
    shout(String::new());
}
