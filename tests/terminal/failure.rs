//! The effect of a task that fails.
#![allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "many tasks here are done at once")]

use std::io;
use std::task::Poll;

use adagio::dag;

use crate::common::{Driven, Stage, now};

#[derive(Debug, PartialEq)]
struct ApiError(&'static str);

#[derive(Debug, PartialEq)]
enum AppError {
    Api(ApiError),
    Own(&'static str),
}

impl From<ApiError> for AppError {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

/// Two fallible tasks and an infallible one side by side, and the tasks that wait for them.
#[derive(Default)]
struct Shop {
    stage: Stage,
}

#[dag]
impl Shop {
    async fn user(&self) -> Result<u64, ApiError> {
        self.stage.act("user").await;
        Err(ApiError("user"))
    }

    async fn rates(&self) -> u64 {
        self.stage.act("rates").await;
        1
    }

    async fn cart(&self) -> Result<u64, ApiError> {
        self.stage.act("cart").await;
        Err(ApiError("cart"))
    }

    #[depends(user, rates, cart)]
    async fn quote(&self, user: &u64, rates: &u64, cart: &u64) -> Result<u64, AppError> {
        self.stage.act("quote").await;
        Ok(user + rates + cart)
    }

    #[depends(quote)]
    async fn page(&self, quote: &u64) -> String {
        quote.to_string()
    }

    async fn own(&self) -> Result<(), AppError> {
        Err(AppError::Own("own"))
    }
}

#[test]
fn the_first_failure_in_time_wins_whatever_the_list_order() {
    for (first, second) in [("user", "cart"), ("cart", "user")] {
        let shop = Shop::default();
        let mut quote = Driven::new(shop.quote());
        assert_eq!(quote.poll(), Poll::Pending);
        shop.stage.open(first);
        assert_eq!(quote.poll(), Poll::Ready(Err(AppError::Api(ApiError(first)))));
        assert_eq!(shop.stage.polls(second), if second == "user" { 2 } else { 1 });
    }
}

#[test]
fn all_other_futures_are_dropped_before_the_terminal_returns() {
    let shop = Shop::default();
    let mut quote = Driven::new(shop.quote());
    assert_eq!(quote.poll(), Poll::Pending);
    shop.stage.open("cart");
    assert_eq!(shop.stage.events(), ["start user", "start rates", "start cart"]);
    assert!(quote.poll().is_ready());
    let mut events = shop.stage.events();
    events[1..].sort();
    assert_eq!(events, ["end cart", "drop rates", "drop user"]);
}

#[test]
fn a_task_whose_dependency_failed_never_starts() {
    let shop = Shop::default();
    for task in ["user", "rates", "cart", "quote"] {
        shop.stage.open(task);
    }
    assert_eq!(now(shop.page()), Err(AppError::Api(ApiError("user"))));
    assert_eq!(shop.stage.events(), ["start user", "end user"]);
}

#[test]
fn a_failure_of_the_terminals_own_task_is_its_result() {
    assert_eq!(now(Shop::default().own()), Err(AppError::Own("own")));
}

#[derive(Debug, PartialEq)]
struct Low(u8);
#[derive(Debug, PartialEq)]
struct Middle(String);
#[derive(Debug, PartialEq)]
struct Top(String);

impl From<Low> for Middle {
    fn from(low: Low) -> Self {
        Self(format!("Middle from Low({})", low.0))
    }
}

impl From<Low> for Top {
    fn from(low: Low) -> Self {
        Self(format!("Top from Low({})", low.0))
    }
}

impl From<Middle> for Top {
    fn from(middle: Middle) -> Self {
        Self(format!("Top from {}", middle.0))
    }
}

struct Layers {
    low: Option<u8>,
    middle: bool,
}

#[dag]
impl Layers {
    fn low(&self) -> Result<u8, Low> {
        self.low.ok_or(Low(1))
    }

    #[depends(low)]
    fn middle(&self, low: u8) -> Result<u8, Middle> {
        if self.middle { Ok(low) } else { Err(Middle("Middle".to_owned())) }
    }

    #[depends(middle)]
    fn infallible(&self, middle: u8) -> u8 {
        middle
    }

    #[depends(infallible)]
    fn top(&self, infallible: u8) -> Result<u8, Top> {
        Ok(infallible)
    }
}

#[test]
fn an_error_converts_in_one_step_from_the_failing_task_to_the_terminal() {
    let low = Layers { low: None, middle: true };
    assert_eq!(now(low.low()), Err(Low(1)));
    assert_eq!(now(low.middle()), Err(Middle("Middle from Low(1)".to_owned())));
    assert_eq!(now(low.infallible()), Err(Middle("Middle from Low(1)".to_owned())));
    assert_eq!(now(low.top()), Err(Top("Top from Low(1)".to_owned())));

    let middle = Layers { low: Some(2), middle: false };
    assert_eq!(now(middle.low()), Ok(2));
    assert_eq!(now(middle.top()), Err(Top("Top from Middle".to_owned())));

    let none = Layers { low: Some(2), middle: true };
    assert_eq!(now(none.top()), Ok(2));
}

/// The lift: which task's error type the terminal of an infallible task returns.
struct Lift;

#[dag]
impl Lift {
    async fn free(&self) -> u8 {
        1
    }

    async fn low(&self) -> Result<u8, Low> {
        Ok(2)
    }

    async fn other_low(&self) -> Result<u8, Low> {
        Ok(3)
    }

    async fn middle(&self) -> Result<u8, Middle> {
        Err(Middle("Middle".to_owned()))
    }

    /// Through an infallible task, to its first fallible dependency.
    #[depends(free, low)]
    async fn above_low(&self, free: u8, low: u8) -> u8 {
        free + low
    }

    #[depends(free)]
    async fn above_free(&self, free: u8) -> u8 {
        free
    }

    #[depends(above_free, above_low, other_low)]
    async fn first_in_the_list(&self, above_low: &u8) -> u8 {
        *above_low
    }

    #[depends(middle, above_low)]
    async fn converts_the_second(&self) {}
}

#[test]
fn an_infallible_task_above_a_fallible_one_lifts_to_its_error() {
    assert_eq!(now(Lift.above_low()), Ok::<u8, Low>(3));
    assert_eq!(now(Lift.first_in_the_list()), Ok::<u8, Low>(3));
    assert_eq!(now(Lift.converts_the_second()), Err::<(), Middle>(Middle("Middle".to_owned())));
}

#[test]
fn an_infallible_task_above_none_stays_infallible() {
    assert_eq!(now(Lift.above_free()), 1_u8);
}

mod aliases {
    /// A `Result` whose error is fixed.
    pub(super) type Result<T> = std::result::Result<T, super::ApiError>;

    /// A `Result` without arguments.
    pub(super) mod unit {
        pub(crate) type Result = std::result::Result<(), std::fmt::Error>;
    }
}

struct Aliases {
    fails: bool,
}

#[dag]
impl Aliases {
    async fn read(&self) -> io::Result<String> {
        if self.fails { Err(io::Error::other("read")) } else { Ok("read".to_owned()) }
    }

    #[depends(read)]
    async fn read_length(&self, read: &str) -> usize {
        read.len()
    }

    async fn written(&self) -> aliases::unit::Result {
        if self.fails { Err(std::fmt::Error) } else { Ok(()) }
    }

    #[depends(written)]
    async fn after_written(&self, written: &()) -> u8 {
        let () = written;
        1
    }

    async fn fetched(&self) -> aliases::Result<u8> {
        if self.fails { Err(ApiError("fetched")) } else { Ok(1) }
    }

    #[depends(fetched)]
    async fn after_fetched(&self, fetched: &u8) -> u8 {
        fetched + 1
    }

    #[depends(fetched)]
    async fn explicit(&self, fetched: &u8) -> Result<u8, AppError> {
        Ok(fetched + 2)
    }
}

#[test]
fn a_result_is_known_by_its_last_segment() {
    let fails = Aliases { fails: true };
    assert_eq!(now(fails.read()).unwrap_err().to_string(), "read");
    assert_eq!(now(fails.read_length()).unwrap_err().to_string(), "read");
    assert_eq!(now(fails.after_written()), Err(std::fmt::Error));
    assert_eq!(now(fails.after_fetched()), Err(ApiError("fetched")));
    assert_eq!(now(fails.explicit()), Err(AppError::Api(ApiError("fetched"))));

    let works = Aliases { fails: false };
    assert_eq!(now(works.read_length()).unwrap(), 4);
    assert_eq!(now(works.after_written()), Ok(1));
    assert_eq!(now(works.after_fetched()), Ok(2));
    assert_eq!(now(works.explicit()), Ok(3));
}

struct Catch {
    low: Option<u8>,
}

#[dag]
impl Catch {
    async fn low(&self) -> Result<u8, Low> {
        self.low.ok_or(Low(1))
    }

    #[task(catch)]
    async fn caught(&self) -> Result<u8, Low> {
        self.low.ok_or(Low(2))
    }

    #[depends(caught)]
    async fn decides(&self, caught: &Result<u8, Low>) -> String {
        format!("{caught:?}")
    }

    #[depends(low)]
    #[task(catch)]
    async fn caught_above(&self, low: u8) -> Result<u8, Top> {
        Ok(low)
    }

    #[depends(caught_above)]
    async fn decides_above(&self, caught_above: &Result<u8, Top>) -> bool {
        caught_above.is_ok()
    }

    #[depends(caught, caught_above)]
    async fn decides_both(&self, caught: &Result<u8, Low>) -> bool {
        caught.is_ok()
    }
}

#[test]
fn a_caught_result_is_an_ordinary_value() {
    assert_eq!(now(Catch { low: None }.decides()), "Err(Low(2))");
    assert_eq!(now(Catch { low: Some(3) }.decides()), "Ok(3)");
    assert_eq!(now(Catch { low: None }.caught()), Err(Low(2)));
}

#[test]
fn catch_does_not_catch_a_failed_dependency() {
    let fails = Catch { low: None };
    assert_eq!(now(fails.caught_above()), Err(Top("Top from Low(1)".to_owned())));
    // The lift looks through the caught task to its dependencies.
    assert_eq!(now(fails.decides_above()), Err::<bool, Low>(Low(1)));
    assert_eq!(now(fails.decides_both()), Err::<bool, Low>(Low(1)));

    let works = Catch { low: Some(3) };
    assert_eq!(now(works.caught_above()), Ok(3));
    assert_eq!(now(works.decides_above()), Ok(true));
    assert_eq!(now(works.decides_both()), Ok(true));
}

/// An error with nothing derived for it, and one that borrows from `self`.
struct Bare;
struct Borrowed<'s>(&'s str);

#[derive(Clone)]
struct AnyError {
    name: String,
}

#[dag]
impl AnyError {
    async fn bare(&self) -> Result<u8, Bare> {
        Err(Bare)
    }

    #[depends(bare)]
    async fn above_bare(&self) {}

    async fn borrowed(&self) -> Result<&str, Borrowed<'_>> {
        Err(Borrowed(&self.name))
    }

    #[depends(borrowed)]
    async fn above_borrowed(&self, borrowed: &str) -> usize {
        borrowed.len()
    }

    async fn own(&self) -> Result<u8, Self> {
        Err(self.clone())
    }

    #[depends(own)]
    async fn above_own(&self, own: u8) -> u8 {
        own
    }

    async fn boxed(&self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Err("boxed".into())
    }

    #[depends(boxed)]
    async fn above_boxed(&self) -> u8 {
        1
    }
}

#[test]
fn any_error_type_serves() {
    let any = AnyError { name: "name".to_owned() };
    assert!(matches!(now(any.above_bare()), Err(Bare)));
    assert!(matches!(now(any.above_borrowed()), Err(Borrowed("name"))));
    assert!(matches!(now(any.above_own()), Err(AnyError { name }) if name == "name"));
    assert_eq!(now(any.above_boxed()).unwrap_err().to_string(), "boxed");
}
