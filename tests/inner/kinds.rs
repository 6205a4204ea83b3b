//! Blocks of every kind inside others: generic, borrowing, fallible under an alias, `local`, with a timeout. The block
//! around them has tasks on other threads.
#![cfg(feature = "tokio")]
#![allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "the tasks here are done at once")]
#![allow(clippy::trivially_copy_pass_by_ref, clippy::needless_pass_by_value, reason = "both kinds of parameters")]

use std::fmt::{self, Debug};
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use adagio::{TimedOut, dag};

/// A separate module, whose private types do not cross the border.
mod deep {
    use std::fmt;

    use adagio::dag;

    struct Hidden;

    #[derive(Debug)]
    pub(crate) struct DeepError(pub(crate) &'static str);

    impl fmt::Display for DeepError {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str(self.0)
        }
    }

    impl std::error::Error for DeepError {}

    impl From<Hidden> for DeepError {
        fn from(_: Hidden) -> Self {
            Self("hidden")
        }
    }

    pub(crate) struct Deep<'d, T, const N: usize> {
        pub(crate) text: &'d str,
        pub(crate) value: [T; N],
        pub(crate) fails: bool,
    }

    #[dag]
    impl<'d, T, const N: usize> Deep<'d, T, N>
    where
        T: Clone + Send + Sync,
    {
        async fn secret(&self) -> Result<u8, Hidden> {
            if self.fails { Err(Hidden) } else { Ok(1) }
        }

        pub(crate) async fn value(&self) -> &[T; N] {
            &self.value
        }

        pub(crate) fn text(&self) -> &'d str {
            self.text
        }

        #[depends(secret, text)]
        pub(crate) async fn r#type(&self, secret: u8, text: &str) -> Result<String, DeepError> {
            Ok(format!("{text}{secret}"))
        }

        #[depends(secret)]
        #[task(catch)]
        pub(crate) async fn caught(&self, secret: u8) -> Result<u8, DeepError> {
            Err(DeepError(if secret == 1 { "caught" } else { "" }))
        }
    }
}

use deep::{Deep, DeepError};

use crate::common::deadline;

struct Middle<T> {
    value: T,
    fails: bool,
}

#[dag]
impl<T: Clone + Debug + Send + Sync> Middle<T> {
    #[task(graph)]
    async fn deep(&self) -> io::Result<Deep<'static, T, 2>> {
        Ok(Deep { text: "deep", value: [self.value.clone(), self.value.clone()], fails: self.fails })
    }

    #[depends(deep.r#type, deep.value)]
    async fn joined(&self, r#type: &str, value: &[T; 2]) -> io::Result<String> {
        Ok([r#type, &format!("{value:?}")].join(" "))
    }

    // A caught result cannot be cloned: errors are not `Clone`.
    #[depends(deep.caught)]
    async fn caught(&self, caught: &Result<u8, DeepError>) -> io::Result<String> {
        Ok(format!("{:?}", caught.as_ref().map_err(|error| error.0)))
    }
}

impl From<DeepError> for io::Error {
    fn from(error: DeepError) -> Self {
        Self::other(error.0)
    }
}

struct Top(bool);

#[dag]
impl Top {
    #[task(graph)]
    fn middle(&self) -> Middle<u16> {
        Middle { value: 7, fails: self.0 }
    }

    #[depends(middle.joined, middle.caught)]
    async fn page(&self, joined: &str, caught: &str) -> io::Result<String> {
        Ok(format!("{joined} {caught}"))
    }
}

#[tokio::test]
async fn a_generic_graph_is_inside_of_a_generic_one() {
    let _deadline = deadline();
    assert_eq!(Top(false).page().await.unwrap(), "deep1 [7, 7] Err(\"caught\")");
    assert_eq!(*Top(false).run().page().await.unwrap(), "deep1 [7, 7] Err(\"caught\")");
    assert_eq!(Top(true).page().await.unwrap_err().to_string(), "hidden");
    let middle = Middle { value: "x", fails: true };
    let run = middle.run();
    let error = run.caught().await.unwrap_err();
    assert_eq!((error.task(), error.downcast_ref::<DeepError>().map(|error| error.0)), ("deep.secret", Some("hidden")));
}

/// A view of its owner.
struct View<'v>(&'v str);

#[dag]
impl<'v> View<'v> {
    fn text(&self) -> &'v str {
        self.0
    }

    #[depends(text)]
    async fn length(&self, text: &str) -> usize {
        text.len()
    }
}

struct Owner(String);

#[dag]
impl Owner {
    #[task(graph)]
    fn view(&self) -> View<'_> {
        View(&self.0)
    }

    #[depends(view.length, view.text)]
    async fn both(&self, length: usize, text: &str) -> String {
        format!("{text}: {length}")
    }
}

#[tokio::test]
async fn a_graph_may_borrow_from_the_object_around_it() {
    let _deadline = deadline();
    let owner = Owner("four".to_owned());
    assert_eq!(owner.both().await, "four: 4");
    assert_eq!(owner.run().both().await, "four: 4");
}

#[derive(Debug)]
struct SlowError(&'static str);

impl fmt::Display for SlowError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl std::error::Error for SlowError {}

impl From<TimedOut> for SlowError {
    fn from(_: TimedOut) -> Self {
        Self("timed out")
    }
}

impl From<io::Error> for SlowError {
    fn from(_: io::Error) -> Self {
        Self("io")
    }
}

struct Timed {
    number: u64,
    fails: bool,
}

#[dag(max_concurrency = 1)]
impl Timed {
    #[task(timeout = "1s", retry = 1, backoff = "1ms..1ms")]
    async fn slow(&self) -> Result<u64, SlowError> {
        if self.fails {
            std::future::pending::<()>().await;
        }
        tokio::task::yield_now().await;
        Ok(self.number)
    }

    async fn number(&self) -> &u64 {
        &self.number
    }
}

struct Shared {
    fails: bool,
}

#[dag]
impl Shared {
    #[task(spawn)]
    async fn start(&self) -> io::Result<u64> {
        tokio::task::yield_now().await;
        Ok(5)
    }

    #[depends(start)]
    #[task(graph, spawn)]
    async fn timed(&self, start: u64) -> io::Result<Timed> {
        Ok(Timed { number: start, fails: self.fails })
    }

    #[depends(timed.slow, timed.number)]
    async fn sum(&self, slow: u64, number: &u64) -> Result<u64, SlowError> {
        Ok(slow + number)
    }

    #[depends(sum)]
    #[task(spawn)]
    async fn after(&self, sum: u64) -> u64 {
        sum + 1
    }

    #[depends(timed.number)]
    #[task(graph)]
    fn second(&self, number: &u64) -> Timed {
        Timed { number: number + 1, fails: false }
    }

    #[depends(second.slow, after)]
    fn end(&self, slow: u64, after: u64) -> u64 {
        slow + after
    }
}

#[tokio::test(start_paused = true)]
async fn a_graph_is_inside_of_one_with_tasks_on_other_threads() {
    let _deadline = deadline();
    let shared = Arc::new(Shared { fails: false });
    assert_eq!(shared.end().await.unwrap(), 17);
    let run = shared.run().max_concurrency(1);
    assert_eq!(*run.end().await.unwrap(), 17);
    assert_eq!(*run.all().await.unwrap().after, 11);

    let shared = Arc::new(Shared { fails: true });
    assert_eq!(shared.end().await.unwrap_err().0, "timed out");
    let run = shared.run();
    let error = run.after().await.unwrap_err();
    assert_eq!((error.task(), error.downcast_ref::<SlowError>().unwrap().0), ("timed.slow", "timed out"));
    assert_eq!(run.second().await.unwrap().number, 6, "independent tasks go on");
}

struct LocalInside;

#[dag(local)]
impl LocalInside {
    async fn shared(&self) -> Rc<u64> {
        Rc::new(3)
    }

    #[depends(shared)]
    fn more(&self, shared: Rc<u64>) -> Rc<u64> {
        Rc::new(*shared + 1)
    }
}

struct LocalAround;

#[dag(local)]
impl LocalAround {
    #[task(graph)]
    async fn local(&self) -> LocalInside {
        LocalInside
    }

    #[task(graph)]
    fn timed(&self) -> Timed {
        Timed { number: 1, fails: false }
    }

    #[depends(local.more, local.shared, timed.number)]
    async fn goal(&self, more: Rc<u64>, shared: &u64, number: &u64) -> u64 {
        *more + shared + number
    }
}

#[tokio::test(flavor = "current_thread")]
async fn local_graphs_and_others_are_inside_of_a_local_one() {
    let _deadline = deadline();
    assert_eq!(LocalAround.goal().await, 8);
    assert_eq!(*LocalAround.run().goal().await, 8);
}
