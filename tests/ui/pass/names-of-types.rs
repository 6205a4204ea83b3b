//! A task may have the name of a type, a constant or a function.
#![allow(non_camel_case_types, non_snake_case)]
use adagio::dag;

pub struct user {}
const RATES: u64 = 1;
fn total() -> u64 {
    2
}

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> user {
        user {}
    }
    fn RATES(&self) -> u64 {
        RATES
    }
    #[depends(user, RATES)]
    async fn total(&self, user: &user) -> u64 {
        let _: &user = user;
        total() + RATES
    }
    fn result(&self) -> Option<u64> {
        None
    }
    fn __scheduler(&self) -> u64 {
        3
    }
    fn __result(&self) -> u64 {
        3
    }
    #[depends(__scheduler, __result)]
    async fn __cx(&self, __result: &u64, __scheduler: &u64) -> u64 {
        3
    }
    #[depends(__cx)]
    async fn __shared(&self, __cx: u64) -> u64 {
        3
    }
    fn __writer(&self) -> u64 {
        3
    }
}

fn main() {
    drop((Checkout.total(), Checkout.result(), Checkout.__shared(), Checkout.__writer()));
}
