//@ errors: 1
use adagio::task;

struct Status;

#[task]
async fn first() -> Result<u32, Status> {
    Err(Status)
}

fn main() {
    first();
}
