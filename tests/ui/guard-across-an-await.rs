//@ errors: 1
use std::sync::Mutex;

use adagio::dag;

struct Checkout(Mutex<u64>);

#[dag]
impl Checkout {
    async fn user(&self) -> u64 {
        let guard = self.0.lock().unwrap();
        std::future::ready(()).await;
        *guard
    }
}

fn main() {}
