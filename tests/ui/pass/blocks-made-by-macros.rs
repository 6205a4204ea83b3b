//! A macro makes a whole block.
use adagio::dag;

macro_rules! checkout {
    ($ty:ident, $task:ident, $first:ident, $result:ty, $body:block) => {
        struct $ty;

        #[dag]
        impl $ty {
            async fn $first(&self) -> $result $body
            #[depends($first)]
            async fn $task(&self, $first: &$result) -> $result {
                *$first
            }
        }
    };
}

checkout!(Checkout, cart, user, u64, { 1 });

fn main() {
    let _ = Checkout.cart();
}
