//! `timeout`: the time of an attempt is limited.
#![cfg(feature = "tokio")]

use std::error::Error;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use adagio::{TimedOut, dag};
use tokio::time::Instant;

use crate::common::{Stage, deadline};

#[derive(Default)]
struct Graph {
    stage: Stage,
}

#[derive(Debug, PartialEq)]
enum Failure {
    TimedOut(TimedOut),
}

impl From<TimedOut> for Failure {
    fn from(timed_out: TimedOut) -> Self {
        Self::TimedOut(timed_out)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::TimedOut(timed_out) = self;
        write!(formatter, "{timed_out}")
    }
}

impl Error for Failure {}

#[dag]
impl Graph {
    #[task(timeout = "250ms")]
    async fn slow(&self) -> Result<u64, Failure> {
        self.stage.act("slow").await;
        Ok(1)
    }

    async fn other(&self) {
        self.stage.act("other").await;
    }

    #[depends(slow, other)]
    fn goal(&self, slow: u64) -> u64 {
        slow
    }

    #[task(timeout = "2s")]
    async fn reads(&self) -> io::Result<u64> {
        self.stage.act("reads").await;
        Ok(1)
    }

    #[task(catch, timeout = "1m")]
    async fn caught(&self) -> Result<u64, Failure> {
        self.stage.act("caught").await;
        Ok(1)
    }

    #[depends(caught)]
    fn without(&self, caught: &Result<u64, Failure>) -> bool {
        caught.is_err()
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_that_takes_too_long_fails_with_timed_out_to_the_millisecond() {
    let _deadline = deadline();
    let graph = Graph::default();
    let start = Instant::now();
    let failed = graph.goal().await;
    assert_eq!(start.elapsed(), Duration::from_millis(250));
    let Err(Failure::TimedOut(timed_out)) = failed else { panic!("{failed:?}") };
    assert_eq!(timed_out.limit(), Duration::from_millis(250));
    assert_eq!(timed_out.to_string(), "timed out after 250ms");
    let mut events = graph.stage.events();
    events[2..].sort();
    assert_eq!(events, ["start slow", "start other", "drop other", "drop slow"]);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_in_time_gives_its_result() {
    let _deadline = deadline();
    let graph = Graph::default();
    let opens = async {
        tokio::time::sleep(Duration::from_millis(249)).await;
        graph.stage.open("slow");
        graph.stage.open("other");
    };
    assert_eq!(tokio::join!(graph.goal(), opens).0, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn the_future_is_dropped_before_the_error_is_seen() {
    struct Seen(Vec<String>);
    struct Watched {
        stage: Arc<Stage>,
    }
    thread_local! {
        static STAGE: std::cell::RefCell<Option<Arc<Stage>>> = const { std::cell::RefCell::new(None) };
    }
    impl From<TimedOut> for Seen {
        fn from(_: TimedOut) -> Self {
            Self(STAGE.with_borrow(|stage| stage.as_ref().map(|stage| stage.events())).unwrap_or_default())
        }
    }
    #[dag]
    impl Watched {
        #[task(timeout = "1ms")]
        async fn slow(&self) -> Result<(), Seen> {
            self.stage.act("slow").await;
            Ok(())
        }
    }

    let _deadline = deadline();
    let stage = Arc::new(Stage::default());
    STAGE.set(Some(Arc::clone(&stage)));
    let Err(Seen(events)) = (Watched { stage }).slow().await else { panic!("in time") };
    assert_eq!(events, ["start slow", "drop slow"]);
}

#[tokio::test(start_paused = true)]
async fn an_io_result_needs_no_conversion() {
    let _deadline = deadline();
    let error = Graph::default().reads().await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn a_caught_timeout_is_a_value() {
    let _deadline = deadline();
    let graph = Graph::default();
    let start = Instant::now();
    assert!(graph.without().await);
    assert_eq!(start.elapsed(), Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn in_a_run_it_is_the_source_of_the_task_error() {
    let _deadline = deadline();
    let graph = Graph::default();
    let run = graph.run();
    let error = run.slow().await.unwrap_err();
    assert_eq!((error.task(), error.source().unwrap().to_string()), ("slow", "timed out after 250ms".to_owned()));
    assert!(matches!(error.downcast_ref(), Some(Failure::TimedOut(_))));
}

#[test]
fn without_a_runtime_it_says_how_to_start_one() {
    let _deadline = deadline();
    let graph = Graph::default();
    let mut slow = pin!(graph.slow());
    let poll = AssertUnwindSafe(|| slow.as_mut().poll(&mut Context::from_waker(Waker::noop())));
    let panic = catch_unwind(poll).unwrap_err();
    let message = "a task with `timeout` needs a tokio runtime, and none is running here: put `#[tokio::main]` on `main`, or \
                   await inside of `tokio::runtime::Runtime::block_on`; a thread of your own enters the runtime with \
                   `tokio::runtime::Handle::enter`";
    assert_eq!(panic.downcast_ref::<String>().unwrap(), message);
}
