//@ errors: 1
use adagio::task;

#[task(retries = 3)]
async fn first() -> Result<u32, String> {
    Ok(1)
}

fn main() {
    first();
}
