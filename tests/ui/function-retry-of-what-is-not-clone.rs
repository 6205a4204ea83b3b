//@ errors: 1
use adagio::task;

struct Token;

#[task(retry = 3)]
async fn first(token: Token) -> Result<u32, String> {
    drop(token);
    Ok(1)
}

fn main() {
    first(Token);
}
