//! Parameters that borrow what is inside of an `Option` or a `Result`.
#![allow(
    clippy::unused_async,
    clippy::unnecessary_wraps,
    clippy::option_option,
    reason = "the shapes of signatures are what is tested"
)]

use adagio::{TaskError, dag};

use crate::common::now;

/// Can be neither cloned nor compared.
struct Coupon(u64);

type MaybeCoupon = Option<Coupon>;

struct Checkout {
    greeting: Option<&'static str>,
}

#[dag]
impl Checkout {
    async fn name(&self) -> Option<String> {
        Some("Ada".to_owned())
    }

    fn rows(&self) -> Option<Vec<u64>> {
        Some(vec![30, 12])
    }

    async fn coupon(&self) -> Result<Option<Coupon>, String> {
        Ok(Some(Coupon(2)))
    }

    fn no_coupon(&self) -> MaybeCoupon {
        None
    }

    fn greeting(&self) -> Option<&str> {
        self.greeting
    }

    #[task(catch)]
    async fn stock(&self) -> Result<Coupon, String> {
        Err("sold out".to_owned())
    }

    #[task(catch)]
    fn display(&self) -> Result<String, Coupon> {
        Ok("left".to_owned())
    }

    #[depends(name, rows)]
    async fn title(&self, name: Option<&str>, rows: Option<&[u64]>) -> String {
        format!("{name:?} {rows:?}")
    }

    #[depends(coupon, no_coupon)]
    async fn price(&self, coupon: Option<&Coupon>, no_coupon: Option<&Coupon>) -> u64 {
        42 - coupon.map_or(0, |coupon| coupon.0) - no_coupon.map_or(0, |coupon| coupon.0)
    }

    #[depends(stock, display)]
    fn note(&self, stock: Result<&Coupon, &String>, display: Result<&str, &Coupon>) -> String {
        format!("{:?} {:?}", stock.map(|coupon| coupon.0), display.map_err(|coupon| coupon.0))
    }

    // A value that is a reference already is copied, with its lifetime.
    #[depends(greeting)]
    fn first_word<'s>(&'s self, greeting: Option<&'s str>) -> Option<&'s str> {
        greeting?.split(' ').next()
    }

    #[depends(catch coupon)]
    async fn caught(&self, coupon: Option<Option<&Coupon>>) -> Option<u64> {
        coupon.flatten().map(|coupon| coupon.0)
    }

    #[depends(catch coupon)]
    async fn caught_result(&self, coupon: Result<Option<&Coupon>, TaskError>) -> u64 {
        coupon.unwrap().unwrap().0
    }
}

const CHECKOUT: Checkout = Checkout { greeting: Some("good morning") };

#[test]
fn an_option_of_a_reference_borrows_and_coerces() {
    assert_eq!(now(CHECKOUT.title()), r#"Some("Ada") Some([30, 12])"#);
}

#[test]
fn what_is_in_the_option_need_not_be_clone() {
    assert_eq!(now(CHECKOUT.price()), Ok(40));
}

#[test]
fn a_result_of_references_borrows_both() {
    assert_eq!(now(CHECKOUT.note()), r#"Err("sold out") Ok("left")"#);
}

#[test]
fn an_option_that_contains_a_reference_is_copied() {
    assert_eq!(now(CHECKOUT.first_word()), Some("good"));
}

#[test]
fn a_caught_option_lends_what_is_inside() {
    assert_eq!(now(CHECKOUT.caught()), Some(2));
    assert_eq!(now(CHECKOUT.caught_result()), 2);
}

#[test]
fn a_run_lends_what_is_inside_of_an_injected_option() {
    let run = CHECKOUT.run().with_coupon(Some(Coupon(12))).with_name(None);
    assert_eq!(now(run.price()).unwrap(), &30);
    assert_eq!(now(run.title()), "None Some([30, 12])");
}

struct Outer;

#[dag]
impl Outer {
    #[task(graph)]
    fn checkout(&self) -> Checkout {
        CHECKOUT
    }

    #[depends(checkout.name, checkout.greeting)]
    async fn page(&self, name: Option<&str>, greeting: Option<&str>) -> String {
        format!("{} {}", greeting.unwrap_or("-"), name.unwrap_or("-"))
    }
}

#[test]
fn the_option_of_an_inner_task_lends_what_is_inside() {
    assert_eq!(now(Outer.page()), "good morning Ada");
}

#[cfg(feature = "tokio")]
mod on_other_threads {
    use super::{Coupon, dag};
    use std::sync::Arc;

    struct Checkout;

    #[dag]
    impl Checkout {
        #[task(spawn)]
        async fn coupon(&self) -> Option<Coupon> {
            Some(Coupon(2))
        }

        #[depends(coupon)]
        #[task(blocking)]
        fn doubled(&self, coupon: Option<&Coupon>) -> Option<String> {
            coupon.map(|coupon| (2 * coupon.0).to_string())
        }

        #[depends(doubled)]
        #[task(spawn)]
        async fn digits(&self, doubled: Option<&str>) -> usize {
            doubled.map_or(0, str::len)
        }
    }

    #[tokio::test]
    async fn tasks_on_other_threads_borrow_what_is_inside() {
        let _deadline = crate::common::deadline();
        assert_eq!(Arc::new(Checkout).digits().await, 1);
    }
}
