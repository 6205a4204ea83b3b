//@ errors: 1
#[adagio::task(name = "tick {n}")]
async fn tick() {}

fn main() {
    tick();
}
