//@ errors: 1
use adagio::task;

#[task]
async fn length<T: ToString + 'static>(value: T) -> usize {
    value.to_string().len()
}

fn main() {}
