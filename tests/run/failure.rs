//! A failure in a run reaches the terminals above it, and no others.
#![allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "many tasks here are done at once")]

use std::error::Error;
use std::fmt;
use std::task::Poll;

use adagio::{TaskError, dag};

use crate::common::{Driven, Stage, now, yield_once};

#[derive(Debug, PartialEq)]
struct ApiError(&'static str);

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no {}", self.0)
    }
}

impl Error for ApiError {}

#[derive(Default)]
struct Page {
    stage: Stage,
}

#[dag]
impl Page {
    async fn user(&self) -> Result<u8, ApiError> {
        self.stage.act("user").await;
        Err(ApiError("user"))
    }

    async fn news(&self) -> u8 {
        self.stage.act("news").await;
        1
    }

    async fn flaky(&self) -> Result<u8, ApiError> {
        self.stage.act("flaky").await;
        Err(ApiError("flaky"))
    }

    #[depends(news)]
    async fn digest(&self, news: u8) -> u8 {
        self.stage.act("digest").await;
        news + 1
    }

    #[depends(user, news)]
    async fn page(&self, user: u8, news: u8) -> u8 {
        self.stage.act("page").await;
        user + news
    }

    #[depends(news)]
    async fn only_for_mail(&self) -> u8 {
        self.stage.act("only_for_mail").await;
        3
    }

    #[depends(page, only_for_mail, flaky)]
    async fn mail(&self) -> Result<u8, ApiError> {
        self.stage.act("mail").await;
        Ok(2)
    }
}

fn task<T>(result: Result<T, TaskError>) -> Result<T, &'static str> {
    result.map_err(|error| error.task())
}

#[test]
fn a_failure_reaches_the_terminals_above_it_at_once() {
    let page = Page::default();
    let run = page.run();
    let (mut user, mut above, mut mail) = (Driven::new(run.user()), Driven::new(run.page()), Driven::new(run.mail()));
    assert!(user.poll().is_pending() && above.poll().is_pending() && mail.poll().is_pending());
    page.stage.events();
    page.stage.open("user");
    // The waiter that is polled first drives; the others learn of the failure at their next poll.
    assert_eq!(mail.poll().map(task), Poll::Ready(Err("user")));
    assert_eq!(page.stage.events(), ["end user"]);
    assert_eq!(above.poll().map(task), Poll::Ready(Err("user")));
    assert_eq!(user.poll().map(task), Poll::Ready(Err("user")));
    assert!(page.stage.events().is_empty());
}

#[test]
fn a_failure_wakes_the_terminals_above_it() {
    let page = Page::default();
    let run = page.run();
    let (mut user, mut above, mut news) = (Driven::new(run.user()), Driven::new(run.page()), Driven::new(run.news()));
    assert!(user.poll().is_pending() && above.poll().is_pending() && news.poll().is_pending());
    page.stage.open("user");
    let (first, second) = (user.wakes(), above.wakes());
    assert!(user.poll().is_ready());
    assert_eq!((first, second, above.wakes()), (1, 1, 1));
    assert!(above.poll().is_ready());
}

#[test]
fn independent_branches_go_on() {
    let page = Page::default();
    let run = page.run();
    let (mut above, mut digest) = (Driven::new(run.page()), Driven::new(run.digest()));
    assert!(above.poll().is_pending() && digest.poll().is_pending());
    page.stage.open("user");
    assert_eq!(digest.poll(), Poll::Pending);
    assert!(above.poll().is_ready());
    page.stage.events();
    for task in ["news", "digest"] {
        page.stage.open(task);
    }
    assert_eq!(digest.run(), &2);
    assert_eq!(page.stage.events(), ["end news", "start digest", "end digest"]);
    assert_eq!(task(now(run.page())), Err("user"));
}

#[test]
fn a_task_that_has_started_is_driven_to_its_end_although_its_goal_failed() {
    let page = Page::default();
    let run = page.run();
    let mut above = Driven::new(run.page());
    assert!(above.poll().is_pending());
    page.stage.open("user");
    assert!(above.poll().is_ready());
    assert_eq!(page.stage.events(), ["start user", "start news", "end user"]);
    let mut flaky = Driven::new(run.flaky());
    assert!(flaky.poll().is_pending());
    page.stage.open("news");
    assert_eq!(flaky.wakes(), 1);
    assert!(flaky.poll().is_pending());
    assert_eq!(page.stage.events(), ["start flaky", "end news"]);
}

#[test]
fn nothing_new_starts_for_a_failed_goal_alone() {
    let page = Page::default();
    let run = page.run();
    let mut mail = Driven::new(run.mail());
    assert!(mail.poll().is_pending());
    page.stage.open("user");
    assert!(mail.poll().is_ready());
    page.stage.events();
    page.stage.open("news");
    let mut digest = Driven::new(run.digest());
    assert!(digest.poll().is_pending());
    assert_eq!(page.stage.events(), ["end news", "start digest"]);
}

#[test]
fn nothing_starts_for_a_goal_that_fails_in_the_same_pass() {
    let page = Page::default();
    page.stage.open("user");
    page.stage.open("news");
    let run = page.run();
    assert_eq!(task(now(run.mail())), Err("user"));
    assert_eq!(page.stage.events(), ["start user", "end user"]);
}

#[test]
fn a_failure_in_a_task_that_goes_on_for_a_failed_goal_is_remembered() {
    let page = Page::default();
    let run = page.run();
    let mut mail = Driven::new(run.mail());
    assert!(mail.poll().is_pending());
    page.stage.open("user");
    assert_eq!(task(mail.run()), Err("user"));
    page.stage.open("flaky");
    let mut news = Driven::new(run.news());
    assert!(news.poll().is_pending());
    assert_eq!(task(now(run.flaky())), Err("flaky"));
    assert_eq!(task(now(run.mail())), Err("user"), "the first failure that reached it counts");
}

#[test]
fn the_first_failure_in_time_counts() {
    for (first, second) in [("user", "flaky"), ("flaky", "user")] {
        let page = Page::default();
        let run = page.run();
        let mut mail = Driven::new(run.mail());
        assert!(mail.poll().is_pending());
        page.stage.open(first);
        assert_eq!(task(mail.run()), Err(first));
        page.stage.open(second);
        assert!(Driven::new(run.news()).poll().is_pending());
        assert_eq!(task(now(run.mail())), Err(first));
    }
}

#[test]
fn a_task_error_names_the_task_and_has_its_error_as_the_source() {
    let page = Page::default();
    page.stage.open("user");
    let run = page.run();
    let error = now(run.page()).unwrap_err();
    assert_eq!(error.task(), "user");
    assert_eq!(error.to_string(), "task `user` failed");
    assert_eq!(error.source().unwrap().to_string(), "no user");
    assert!(error.source().unwrap().source().is_none());
    assert_eq!(error.downcast_ref::<ApiError>(), Some(&ApiError("user")));
    assert!(error.downcast_ref::<fmt::Error>().is_none());
    assert!(error.source().unwrap().is::<ApiError>());
}

#[test]
fn all_who_fail_share_one_error() {
    let page = Page::default();
    page.stage.open("user");
    let run = page.run();
    let address = |error: &TaskError| std::ptr::from_ref(error.downcast_ref::<ApiError>().unwrap()).addr();
    let (first, second) = (now(run.page()).unwrap_err(), now(run.user()).unwrap_err());
    assert_eq!(address(&first), address(&second));
    let kept = first.clone();
    drop((first, second, run));
    assert_eq!(kept.task(), "user");
}

/// An error that becomes a boxed error by its own conversion, like `anyhow::Error`.
struct Anyhow(&'static str);

impl From<Anyhow> for Box<dyn Error + Send + Sync> {
    fn from(error: Anyhow) -> Self {
        error.0.into()
    }
}

struct Errors;

#[dag]
impl Errors {
    async fn text(&self) -> Result<(), String> {
        Err("text".to_owned())
    }

    async fn literal(&self) -> Result<(), &'static str> {
        Err("literal")
    }

    async fn boxed(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        Err(ApiError("boxed").into())
    }

    async fn anyhow(&self) -> Result<(), Anyhow> {
        Err(Anyhow("anyhow"))
    }

    fn r#type(&self) -> std::io::Result<()> {
        Err(std::io::Error::other("type"))
    }
}

#[test]
fn any_error_that_can_be_boxed_serves() {
    let run = Errors.run();
    let source = |result: Result<&(), TaskError>| result.unwrap_err().source().unwrap().to_string();
    assert_eq!(source(now(run.text())), "text");
    assert_eq!(source(now(run.literal())), "literal");
    assert_eq!(source(now(run.anyhow())), "anyhow");
    assert_eq!(source(now(run.boxed())), "no boxed");
    assert_eq!(now(run.boxed()).unwrap_err().downcast_ref(), Some(&ApiError("boxed")));
    assert!(now(run.text()).unwrap_err().downcast_ref::<ApiError>().is_none());
}

#[test]
fn a_task_with_a_raw_name_is_named_without_the_prefix() {
    let error = now(Errors.run().r#type()).unwrap_err();
    assert_eq!((error.task(), error.to_string()), ("type", "task `type` failed".to_owned()));
    assert_eq!(error.downcast_ref::<std::io::Error>().unwrap().to_string(), "type");
}

#[test]
fn a_task_error_is_clone_send_sync_and_an_error() {
    fn check<T: Clone + Error + Send + Sync + 'static>() {}
    check::<TaskError>();
}

/// Not an `Error`: it is neither `Display` nor `Debug`.
struct StatusCode(u16);

struct Handler;

#[dag]
impl Handler {
    async fn body(&self) -> Result<String, StatusCode> {
        Err(StatusCode(404))
    }

    #[depends(body)]
    async fn length(&self, body: &str) -> usize {
        body.len()
    }
}

#[test]
fn a_block_whose_errors_a_run_cannot_keep_has_its_terminals() {
    assert_eq!(now(Handler.length()).map_err(|status| status.0), Err(404));
}

/// An error type that a run can keep only for some choices of `E`.
struct Either<E>(fn() -> E);

#[dag]
impl<E: Send + Sync> Either<E> {
    async fn fails(&self) -> Result<(), E> {
        Err(self.0())
    }
}

#[test]
fn a_generic_error_is_asked_of_the_call_of_run_alone() {
    assert_eq!(now(Either(|| StatusCode(404)).fails()).map_err(|status| status.0), Err(404));
    let either = Either(|| "text");
    assert_eq!(now(either.run().fails()).unwrap_err().task(), "fails");
}

struct Restless;

#[dag]
impl Restless {
    async fn wakes_itself(&self) -> u8 {
        yield_once().await;
        1
    }

    async fn fails(&self) -> Result<u8, ApiError> {
        Err(ApiError("fails"))
    }

    #[depends(wakes_itself, fails)]
    async fn both(&self, wakes_itself: u8, fails: u8) -> u8 {
        wakes_itself + fails
    }
}

#[test]
fn a_failure_is_told_in_its_pass_even_if_another_task_has_woken_itself() {
    let run = Restless.run();
    let mut both = Driven::new(run.both());
    assert!(matches!(both.poll(), Poll::Ready(Err(_))));
    assert_eq!(both.wakes(), 0, "nothing more is to be done for a goal that has failed");
}
