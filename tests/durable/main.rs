//! `#[dag(durable)]`: runs that continue from stored results. A separate binary, because it needs the feature
//! `durable`.
#![allow(
    clippy::unused_async,
    clippy::needless_pass_by_value,
    reason = "tasks here are done at once, and clone what they get"
)]

mod caught;
#[path = "../common/mod.rs"]
mod common;
mod each;
mod inner;
mod inside;
mod keeper;
mod lives;
#[path = "../common/panic_line.rs"]
mod panic_line;
#[path = "../shapes/random.rs"]
mod random;
mod refused;
mod remote_each;
mod settings;
mod stopped;

use std::error::Error;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use adagio::durable::{Deferral, Durable, DurableRun, Past, PastEnd};
use adagio::{Observer, Outcome, TaskEvent, dag};
use serde::{Deserialize, Serialize};

use common::deadline;

#[derive(Default)]
struct Checkout {
    log: Mutex<Vec<&'static str>>,
    attempts: AtomicU32,
}

impl Checkout {
    fn ran(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.log.lock().unwrap())
    }

    fn starts(&self, task: &'static str) {
        self.log.lock().unwrap().push(task);
    }
}

#[derive(Serialize, Deserialize)]
struct User {
    name: String,
}

#[dag(durable, max_concurrency = 4)]
impl Checkout {
    async fn user(&self) -> io::Result<User> {
        self.starts("user");
        Ok(User { name: "Ada".to_owned() })
    }

    #[task(catch)]
    async fn coupon(&self) -> Result<u32, String> {
        self.starts("coupon");
        Err("expired".to_owned())
    }

    #[depends(user)]
    #[task(retry = 3, backoff = "50ms..2s", retry_if = is_transient, timeout = "1s")]
    async fn cart(&self, user: &User) -> io::Result<Vec<u32>> {
        self.starts("cart");
        match self.attempts.fetch_add(1, Relaxed) {
            0 => Err(io::ErrorKind::TimedOut.into()),
            1 => Err(io::ErrorKind::NotFound.into()),
            _ => Ok(vec![user.name.len().try_into().unwrap()]),
        }
    }

    #[depends(cart, coupon)]
    #[task(remote)]
    async fn price(&self, cart: &[u32], coupon: &Result<u32, String>) -> u32 {
        self.starts("price");
        cart.iter().sum::<u32>() - coupon.as_ref().unwrap_or(&0)
    }

    #[depends(price)]
    pub(crate) fn r#final(&self, price: u32) -> u32 {
        self.starts("final");
        price * 2
    }

    pub(crate) async fn nothing(&self) {}

    #[task(catch, retry = 1)]
    pub(crate) async fn stamp(&self) -> Result<u32, String> {
        self.starts("stamp");
        Err("out of ink".to_owned())
    }
}

fn is_transient(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::TimedOut
}

#[test]
fn the_graph_says_what_the_source_says() {
    let graph = Checkout::GRAPH;
    assert_eq!((graph.name, graph.max_concurrency), ("Checkout", Some(4)));
    let names: Vec<_> = graph.tasks.iter().map(|task| task.name).collect();
    assert_eq!(names, ["user", "coupon", "cart", "price", "final", "nothing", "stamp"]);
    let task = |name| graph.tasks[graph.position(name).unwrap()];
    assert_eq!(task("price").dependencies, [2, 1]);
    assert!(task("price").is_remote && !task("cart").is_remote);
    assert!(task("final").is_public && task("final").is_computation);
    assert!(!task("user").is_public && !task("user").is_computation);
    let retry = task("cart").retry.unwrap();
    let waits = (retry.shortest(), retry.longest());
    assert_eq!((retry.times(), waits), (3, (Duration::from_millis(50), Duration::from_secs(2))));
    assert_eq!(task("cart").timeout, Some(Duration::from_secs(1)));
    assert!(task("user").retry.is_none());
}

#[tokio::test(flavor = "current_thread")]
async fn a_run_goes_on_from_stored_results() {
    let _deadline = deadline();
    let first = Arc::new(Checkout { attempts: 2.into(), ..Checkout::default() });
    let run = first.durable_run();
    let cart = run.result("cart").await.unwrap();
    assert_eq!(cart, b"[3]");
    assert_eq!(run.result("coupon").await.unwrap(), br#"{"Err":"expired"}"#);
    assert_eq!(first.ran(), ["user", "cart", "coupon"]);

    let second = Arc::new(Checkout::default());
    let run = second.durable_run().seed("cart", &cart).unwrap().seed("coupon", br#"{"Ok":1}"#).unwrap();
    assert_eq!(run.result("final").await.unwrap(), b"4");
    assert_eq!(second.ran(), ["price", "final"]);
    assert_eq!(run.result("nothing").await.unwrap(), b"null");
}

#[tokio::test(flavor = "current_thread")]
async fn a_task_runs_alone_from_its_inputs() {
    let _deadline = deadline();
    let checkout = Arc::new(Checkout::default());
    let run = checkout.durable_run().seed("cart", b"[30, 12]").unwrap().seed("coupon", br#"{"Ok":2}"#).unwrap();
    assert_eq!(run.result("price").await.unwrap(), b"40");
    assert_eq!(checkout.ran(), ["price"]);
}

#[test]
fn what_is_no_such_result_is_an_error_of_the_task() {
    let checkout = Arc::new(Checkout::default());
    let Err(error) = checkout.durable_run().seed("user", b"{}") else { panic!("this is no user") };
    assert_eq!(error.task(), "user");
    assert_eq!(error.source().unwrap().to_string(), "its stored result cannot be read");
    assert_eq!(error.source().unwrap().source().unwrap().to_string(), "missing field `name` at line 1 column 2");
}

#[test]
#[should_panic(expected = "no task is called `usr`")]
fn a_name_that_no_task_has_panics() {
    _ = Arc::new(Checkout::default()).durable_run().seed("usr", b"{}");
}

#[tokio::test(flavor = "current_thread")]
async fn deferred_retries_are_left_to_the_engine() {
    let _deadline = deadline();
    let checkout = Arc::new(Checkout::default());
    let deferral = Deferral::new(Checkout::GRAPH);
    let log = Log::default();
    let run = checkout.durable_run().defer_retries(&deferral).observe(log.clone());
    assert_eq!(run.result("cart").await.unwrap_err().task(), "cart");
    assert!(deferral.has("cart"), "`retry_if` finds it worth another attempt");
    assert_eq!(checkout.ran(), ["user", "cart"]);
    assert_eq!(log.take(), ["user starts", "user: Done", "cart starts", "cart failed"]);

    let deferral = Deferral::new(Checkout::GRAPH);
    let run = checkout.durable_run().seed("user", br#"{"name":"Ada"}"#).unwrap().defer_retries(&deferral);
    assert!(run.result("cart").await.is_err());
    assert!(!deferral.has("cart"), "`retry_if` finds it final");
}

#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn a_caught_error_is_tried_again_in_the_run_since_the_last_one_is_a_value() {
    let _deadline = deadline();
    let checkout = Arc::new(Checkout::default());
    let deferral = Deferral::new(Checkout::GRAPH);
    let run = checkout.durable_run().defer_retries(&deferral);
    assert_eq!(run.result("stamp").await.unwrap(), br#"{"Err":"out of ink"}"#);
    assert_eq!((checkout.ran(), deferral.has("stamp")), (vec!["stamp", "stamp"], false));
}

#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn a_durable_run_by_itself_tries_again_as_every_run() {
    let _deadline = deadline();
    let checkout = Arc::new(Checkout::default());
    assert!(checkout.durable_run().result("cart").await.is_err());
    assert_eq!(checkout.ran(), ["user", "cart", "cart"]);
}

#[test]
fn what_an_engine_remembers_is_a_timeline() {
    let millis = Duration::from_millis;
    let past = |name, started, ended: Option<(u64, PastEnd)>| Past {
        task: Checkout::GRAPH.position(name).unwrap(),
        started: Some(millis(started)),
        ended: ended.map(|(time, end)| (millis(time), end)),
    };
    let user = past("user", 1000, Some((1010, PastEnd::Done)));
    let cart = past("cart", 1010, Some((1040, PastEnd::Failed("the shop is shut".to_owned()))));
    let coupon = past("coupon", 1000, None);
    let price = Past { task: 3, started: None, ended: None };
    let timeline = Checkout::GRAPH.timeline(&[user, cart, coupon, price], millis(1100));

    let outcomes: Vec<_> =
        timeline.tasks().iter().map(|task| format!("{} {:?}", task.name(), task.outcome())).collect();
    assert_eq!(outcomes[0], "user Some(Done)");
    assert!(outcomes[1].contains("the shop is shut"), "{outcomes:?}");
    assert_eq!(outcomes[2..], ["coupon None", r#"price Some(Skipped { because: "cart" })"#]);
    let times: Vec<_> = timeline.tasks().iter().map(|task| (task.started(), task.ended())).collect();
    assert_eq!(times[1], (Some(millis(10)), Some(millis(40))));
    assert_eq!((times[2], timeline.wall_time()), ((Some(millis(0)), None), millis(100)), "it is under way until now");
}

#[test]
fn what_an_engine_remembers_of_a_task_more_than_once_are_its_attempts() {
    let millis = Duration::from_millis;
    let attempt =
        |started, end| Past { task: 0, started: Some(millis(started)), ended: Some((millis(started + 5), end)) };
    let failed = attempt(0, PastEnd::Failed("busy".to_owned()));
    let past = [failed, attempt(10, PastEnd::Panicked), attempt(20, PastEnd::Done)];
    let timeline = Checkout::GRAPH.timeline(&past, millis(100));
    let tasks = timeline.tasks();
    let outcomes: Vec<_> = tasks[0].attempts().iter().map(|attempt| format!("{:?}", attempt.outcome())).collect();
    assert!(outcomes[0].contains("busy"), "{outcomes:?}");
    assert_eq!((tasks.len(), &outcomes[1..]), (1, &["Some(Panicked)".to_owned(), "Some(Done)".to_owned()][..]));
    assert_eq!(timeline.wall_time(), millis(25));
    timeline.set_run("order-7, done");
    assert!(timeline.to_html().contains(" is done: order-7, done</title>"));
}

#[test]
fn the_page_of_what_an_engine_remembers_has_the_name_of_the_graph_and_the_date_of_the_run() {
    let user = Past { task: 0, started: Some(Duration::ZERO), ended: Some((Duration::ZERO, PastEnd::Done)) };
    let began = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let page = Checkout::GRAPH.timeline_since(began, &[user], Duration::ZERO).to_html();
    assert!(page.contains("<title>Checkout") && page.contains("2001-09-09 01:46:40"), "{page}");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Observer for Log {
    fn started(&self, task: &TaskEvent<'_>) {
        self.0.lock().unwrap().push(format!("{} starts", task.name()));
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        let name = task.name();
        self.0.lock().unwrap().push(match outcome {
            Outcome::Failed(_) => format!("{name} failed"),
            Outcome::Skipped { because } => format!("{name} is skipped for {because}"),
            outcome => format!("{name}: {outcome:?}"),
        });
    }
}

/// Tasks on other threads, and a generic block.
struct Shop<T> {
    item: T,
    fails: AtomicU32,
}

#[dag(durable, spawn)]
impl<T: Clone + Send + Sync + Serialize + for<'d> Deserialize<'d> + 'static> Shop<T> {
    pub(crate) async fn item(&self) -> T {
        self.item.clone()
    }

    #[depends(item)]
    #[task(retry = 1)]
    async fn sold(&self, item: &T) -> io::Result<(T, u8)> {
        if self.fails.fetch_add(1, Relaxed) == 0 {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok((item.clone(), 1))
    }

    #[depends(sold)]
    #[task(blocking)]
    pub(crate) fn shipped(&self, sold: (T, u8)) -> u8 {
        sold.1
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_on_other_threads_are_stored_and_deferred_too() {
    let _deadline = deadline();
    let shop = Arc::new(Shop { item: "lamp".to_owned(), fails: 0.into() });
    let deferral = Deferral::new(Shop::<String>::GRAPH);
    let run = shop.durable_run().defer_retries(&deferral);
    assert!(run.result("shipped").await.is_err());
    assert!(deferral.has("sold"));
    assert!(Shop::<String>::GRAPH.tasks[2].is_computation.eq(&false), "it blocks a thread");

    let run = shop.durable_run().seed("item", br#""rug""#).unwrap();
    assert_eq!(run.result("shipped").await.unwrap(), b"1");
    assert_eq!(run.result("sold").await.unwrap(), br#"["rug",1]"#);
}
