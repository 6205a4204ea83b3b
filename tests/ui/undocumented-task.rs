//@ errors: 1
#![deny(missing_docs)]
//! A shop.
use adagio::dag;

/// A purchase.
pub struct Checkout;

#[dag]
impl Checkout {
    pub async fn user(&self) -> u64 {
        1
    }
}

fn main() {}
