//! Attributes do what they do on any method.
#![deny(warnings)]
#![warn(dead_code)]
use adagio::dag;

struct Checkout;

#[cfg(all())]
#[dag]
#[allow(clippy::needless_pass_by_ref_mut)]
impl Checkout {
    #[allow(non_snake_case)]
    async fn userId(&self) -> u64 {
        1
    }
    #[expect(dead_code, reason = "for later")]
    async fn unused(&self) -> u64 {
        1
    }
    #[expect(unused_variables)]
    #[inline]
    #[depends(userId)]
    #[allow(non_snake_case)]
    async fn cart(&self, userId: &u64) -> u64 {
        let unused = 1;
        2
    }
    #[deprecated]
    #[must_use]
    #[depends(cart)]
    async fn old(&self, cart: &u64) -> u64 {
        *cart
    }
    #[doc = "New."]
    #[expect(clippy::unused_async)]
    async fn new(&self) -> u64 {
        1
    }
}

fn main() {
    let _ = Checkout.cart();
    let _ = Checkout.new();
    #[expect(deprecated)]
    let _ = Checkout.old();
}
