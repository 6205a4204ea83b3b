//@ errors: 1
use adagio::task;

#[task]
async fn nothing<T: Default + 'static>() -> T {
    T::default()
}

fn main() {}
