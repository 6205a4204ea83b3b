//@ errors: 6
use adagio::task;

#[task(spawn, graph)]
const fn first(text: impl ToString, count: &mut u32) -> &str {
    ""
}

fn main() {
    first("a", 1);
}
