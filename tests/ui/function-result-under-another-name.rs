//@ errors: 1
use adagio::task;

type AppResult<T> = Result<T, String>;

#[task]
async fn first() -> AppResult<u32> {
    Ok(1)
}

fn main() {
    first();
}
