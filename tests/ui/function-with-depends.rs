//@ errors: 1
use adagio::{depends, task};

#[task]
#[depends(first)]
async fn second() -> u32 {
    1
}

fn main() {
    second();
}
