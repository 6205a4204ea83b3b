//! What the user calls `core`, `std`, `Result`, `Some` or `Send` is nothing to the expansion.
#![allow(dead_code, non_camel_case_types)]
mod core {}
mod std {}
mod alloc {}
struct Send;
struct Sync;
struct Box;
struct Option;
struct Clone;
trait From {}
trait Future {}
macro_rules! ready {
    () => {};
}

struct Checkout;

#[::adagio::dag]
impl Checkout {
    const SELF: u64 = 1;
    async fn a(&self) -> u64 {
        Self::SELF
    }
    #[depends(a)]
    async fn b(&self, a: u64) -> u64 {
        a
    }
}

fn main() {
    ready!();
    drop(Checkout.b());
}
