//@ errors: 2
use adagio::{Task, task};

#[task]
async fn same<T: Clone + Send + Sync + 'static>(value: T) -> T {
    value
}

fn main() {
    same(Task::value(1_u32));
}
