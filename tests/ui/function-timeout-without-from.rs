//@ errors: 1
use adagio::task;

#[task(timeout = "1s")]
async fn first() -> Result<u32, std::fmt::Error> {
    Ok(1)
}

fn main() {
    first();
}
