//@ errors: 2
use adagio::{Task, all};

fn main() {
    all([Task::value(1)].into_iter());
}
