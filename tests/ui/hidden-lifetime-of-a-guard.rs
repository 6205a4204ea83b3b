//@ errors: 1
use std::sync::{Mutex, MutexGuard};

use adagio::dag;

struct Checkout(Mutex<u64>);

#[dag(local)]
impl Checkout {
    async fn lock(&self) -> MutexGuard<u64> {
        self.0.lock().unwrap()
    }
}

fn main() {}
