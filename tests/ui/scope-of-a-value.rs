//@ errors: 3
async fn run() {
    adagio::scope(7).await.unwrap();
}

fn main() {
    drop(run());
}
