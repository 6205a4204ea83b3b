//! `close`: the results of a run are closed in the reverse order of the start.

use std::cell::RefCell;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use adagio::dag;

use crate::common::{Stage, now};

fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// A part of a service, which logs its end.
struct Part<'s> {
    name: &'static str,
    stage: &'s Stage,
}

impl Part<'_> {
    /// Closes the part in the time that the test gives it.
    async fn close(self) {
        self.stage.act(self.name).await;
    }
}

impl Drop for Part<'_> {
    fn drop(&mut self) {
        self.stage.log(format!("gone {}", self.name));
    }
}

#[derive(Default)]
struct App {
    stage: Stage,
    cache_fails: bool,
}

impl App {
    fn part(&self, name: &'static str) -> Part<'_> {
        self.stage.log(format!("open {name}"));
        Part { name, stage: &self.stage }
    }

    /// Opens the gates of the closers.
    fn let_close(&self, names: &[&'static str]) {
        for name in names {
            self.stage.open(name);
        }
    }
}

#[dag]
impl App {
    fn config(&self) -> Part<'_> {
        self.part("config")
    }

    #[depends(config)]
    #[task(close = Part::close)]
    fn pool(&self) -> Part<'_> {
        self.part("pool")
    }

    #[depends(config)]
    #[task(close = |cache| async move { cache.close().await })]
    async fn cache(&self) -> Result<Part<'_>, String> {
        self.stage.gate("cache opens").await;
        if self.cache_fails { Err("nobody answers".to_owned()) } else { Ok(self.part("cache")) }
    }

    #[depends(pool, cache)]
    fn router(&self) -> Part<'_> {
        self.part("router")
    }

    #[depends(router)]
    #[task(close = Part::close)]
    fn server(&self) -> Part<'_> {
        self.part("server")
    }
}

fn opened(stage: &Stage) {
    stage.open("cache opens");
}

#[test]
fn each_part_closes_once_all_that_need_it_are_closed() {
    let app = App::default();
    opened(&app.stage);
    let run = app.run();
    assert!(now(run.server()).is_ok());
    app.stage.events();
    let mut closing = pin!(run.close());
    assert_eq!(app.stage.events(), Vec::<String>::new());
    assert!(poll(closing.as_mut()).is_pending());
    assert_eq!(app.stage.events(), ["start server"]);
    app.let_close(&["server"]);
    assert!(poll(closing.as_mut()).is_pending());
    // The router has no closer and drops in its turn; then two parts close side by side.
    assert_eq!(app.stage.events(), ["end server", "gone server", "gone router", "start cache", "start pool"]);
    app.let_close(&["pool"]);
    assert!(poll(closing.as_mut()).is_pending());
    assert_eq!(app.stage.events(), ["end pool", "gone pool"]);
    app.let_close(&["cache"]);
    assert!(matches!(poll(closing.as_mut()), Poll::Ready(Ok(()))));
    assert_eq!(app.stage.events(), ["end cache", "gone cache", "gone config"]);
}

#[test]
fn closers_that_do_not_wait_end_in_one_poll() {
    let app = App::default();
    opened(&app.stage);
    app.let_close(&["server", "cache", "pool"]);
    let run = app.run();
    assert!(now(run.server()).is_ok());
    app.stage.events();
    assert!(now(run.close()).is_ok());
    let ends = app.stage.events().into_iter().filter(|event| event.starts_with("gone")).collect::<Vec<_>>();
    assert_eq!(ends, ["gone server", "gone router", "gone cache", "gone pool", "gone config"]);
}

#[test]
fn a_half_started_run_closes_what_is_open() {
    let app = App { cache_fails: true, ..App::default() };
    opened(&app.stage);
    app.let_close(&["pool"]);
    let run = app.run();
    assert_eq!(now(run.server()).err().unwrap().task(), "cache");
    app.stage.events();
    assert!(now(run.close()).is_ok());
    assert_eq!(app.stage.events(), ["start pool", "end pool", "gone pool", "gone config"]);
}

#[test]
fn a_task_under_way_is_dropped_before_any_part_closes() {
    let app = App::default();
    let run = app.run();
    assert!(poll(pin!(run.server())).is_pending());
    assert_eq!(app.stage.events(), ["open config", "open pool"]);
    app.let_close(&["pool"]);
    assert!(now(run.close()).is_ok());
    assert_eq!(app.stage.events(), ["start pool", "end pool", "gone pool", "gone config"]);
    assert_eq!(app.stage.polls("cache opens"), 1);
}

#[test]
fn a_run_that_never_started_has_nothing_to_close() {
    let app = App::default();
    assert!(now(app.run().close()).is_ok());
    assert_eq!(app.stage.events(), Vec::<String>::new());
}

#[test]
fn an_injected_part_is_closed_too() {
    let app = App::default();
    app.let_close(&["server"]);
    let run = app.run().with_server(Part { name: "server", stage: &app.stage });
    assert!(now(run.close()).is_ok());
    assert_eq!(app.stage.events(), ["start server", "end server", "gone server"]);
}

#[test]
fn a_dropped_run_only_drops_its_parts() {
    let app = App::default();
    opened(&app.stage);
    let run = app.run();
    assert!(now(run.server()).is_ok());
    app.stage.events();
    drop(run);
    assert_eq!(app.stage.events(), ["gone server", "gone router", "gone cache", "gone pool", "gone config"]);
}

#[test]
fn a_dropped_close_drops_all_parts_that_are_left() {
    let app = App::default();
    opened(&app.stage);
    let run = app.run();
    assert!(now(run.server()).is_ok());
    app.stage.events();
    {
        let mut closing = pin!(run.close());
        assert!(poll(closing.as_mut()).is_pending());
    }
    let dropped =
        ["start server", "drop server", "gone server", "gone router", "gone cache", "gone pool", "gone config"];
    assert_eq!(app.stage.events(), dropped);
}

type Shown = Rc<RefCell<Vec<&'static str>>>;

struct Local(Shown);

#[dag(local)]
impl Local {
    #[task(close = |shown: Shown| async move { shown.borrow_mut().push("closed"); })]
    fn shown(&self) -> Shown {
        Rc::clone(&self.0)
    }
}

#[test]
fn a_local_run_closes_what_stays_on_one_thread() {
    let local = Local(Rc::default());
    let run = local.run();
    now(run.shown());
    assert!(now(run.close()).is_ok());
    assert_eq!(*local.0.borrow(), ["closed"]);
}

struct Generic<T>(T);

#[dag]
impl<T: Clone + Send + Sync + ToString> Generic<T> {
    #[task(close = |value: T| async move { Err::<(), String>(value.to_string()) })]
    fn value(&self) -> T {
        self.0.clone()
    }
}

#[test]
fn a_generic_result_is_closed() {
    let generic = Generic(7);
    let run = generic.run();
    now(run.value());
    let error = now(run.close()).unwrap_err();
    assert_eq!(std::error::Error::source(&error.failures()[0]).unwrap().to_string(), "7");
}

#[test]
fn closing_may_move_to_another_thread() {
    fn require_send<T: Send>(value: T) -> T {
        value
    }

    let app = App::default();
    assert!(now(require_send(app.run().close())).is_ok());
}

/// A task may be called `close` if no result is closed.
struct Door;

#[dag]
impl Door {
    fn close(&self) -> u64 {
        1
    }
}

#[test]
fn without_closers_a_task_may_be_called_close() {
    assert_eq!(now(Door.run().close()), &1);
}

#[cfg(feature = "tokio")]
mod timeout {
    use std::time::Duration;

    use adagio::{TimedOut, dag};

    struct App;

    #[dag]
    impl App {
        #[task(close = |_| std::future::ready(Err::<(), _>("closed")))]
        fn pool(&self) -> u64 {
            1
        }

        #[depends(pool)]
        #[task(close = |_| std::future::pending::<()>(), close_timeout = "10s")]
        fn server(&self) -> u64 {
            2
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_closer_that_takes_too_long_is_dropped() {
        let _deadline = crate::common::deadline();
        let start = tokio::time::Instant::now();
        let run = App.run();
        run.server().await;
        let error = run.close().await.unwrap_err();
        assert_eq!(start.elapsed(), Duration::from_secs(10));
        let [server, pool] = error.failures() else { panic!("{error:?}") };
        assert_eq!((server.task(), pool.task()), ("server", "pool"));
        assert_eq!(server.downcast_ref::<TimedOut>().unwrap().limit(), Duration::from_secs(10));
    }
}
