//@ errors: 1
use adagio::task;

#[task]
async fn number() -> u32 {
    1
}

#[task]
async fn sum(numbers: &[u32]) -> u32 {
    numbers.iter().sum()
}

fn main() {
    sum(vec![number(), number()]);
}
