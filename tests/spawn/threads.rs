//! Where tasks with `spawn` and `blocking` run, and which tasks follow a spawned task.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::ThreadId;
use std::time::Duration;

use adagio::dag;
use tokio::runtime::{Builder, Runtime};

use crate::common::deadline;
use crate::meeting::wait_without_yielding;

/// Longer than any machine takes to get to work.
const LONG: Duration = Duration::from_secs(60);

fn workers(threads: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(threads).enable_time().build().unwrap()
}

fn here() -> ThreadId {
    std::thread::current().id()
}

struct Places;

#[dag]
impl Places {
    #[task(spawn)]
    async fn spawned(&self) -> ThreadId {
        tokio::task::yield_now().await;
        here()
    }

    #[task(blocking)]
    fn blocking(&self) -> ThreadId {
        here()
    }

    async fn inline(&self) -> ThreadId {
        tokio::task::yield_now().await;
        here()
    }

    #[depends(spawned, blocking)]
    fn plain(&self) -> ThreadId {
        here()
    }

    #[depends(spawned, blocking, inline, plain)]
    fn all_places(&self, spawned: ThreadId, blocking: ThreadId, inline: ThreadId, plain: ThreadId) -> [ThreadId; 5] {
        [spawned, blocking, inline, plain, here()]
    }
}

#[test]
fn spawned_and_blocking_tasks_leave_the_thread_and_inline_ones_stay() {
    let _deadline = deadline();
    let runtime = workers(1);
    let [spawned, blocking, rest @ ..] = runtime.block_on(async { Arc::new(Places).all_places().await });
    assert_eq!(rest, [here(); 3]);
    assert!(spawned != here() && blocking != here() && spawned != blocking);
}

#[test]
fn a_terminal_on_another_executor_uses_the_runtime_that_was_entered() {
    let _deadline = deadline();
    let runtime = workers(1);
    let _entered = runtime.enter();
    let [spawned, _, rest @ ..] = futures::executor::block_on(Arc::new(Places).all_places());
    assert_eq!(rest, [here(); 3]);
    assert_ne!(spawned, here());
}

/// Two tasks that wait for each other without yielding: they end only on two threads.
struct Meeting {
    ways: [(Sender<u64>, std::sync::Mutex<Receiver<u64>>); 2],
}

impl Meeting {
    fn new() -> Arc<Self> {
        let ((to_right, from_left), (to_left, from_right)) = (mpsc::channel(), mpsc::channel());
        Arc::new(Self { ways: [(to_right, from_right.into()), (to_left, from_left.into())] })
    }

    fn meet(&self, side: usize) -> u64 {
        let (send, receive) = &self.ways[side];
        send.send(1).unwrap();
        let mut received = None;
        wait_without_yielding(|| {
            received = receive.lock().unwrap().try_recv().ok();
            received.is_some()
        });
        received.unwrap()
    }
}

#[dag(spawn)]
impl Meeting {
    async fn left(&self) -> u64 {
        self.meet(0)
    }

    async fn right(&self) -> u64 {
        self.meet(1)
    }

    #[depends(left, right)]
    async fn both(&self, left: u64, right: u64) -> u64 {
        left + right
    }
}

#[test]
fn two_spawned_tasks_use_two_threads() {
    let _deadline = deadline();
    assert_eq!(workers(2).block_on(async { Meeting::new().both().await }), 2);
}

#[test]
fn two_spawned_tasks_use_two_threads_where_the_graph_runs_on_one() {
    let _deadline = deadline();
    let runtime = workers(2);
    let _entered = runtime.enter();
    assert_eq!(futures::executor::block_on(Meeting::new().both()), 2);
}

#[test]
fn two_spawned_tasks_use_two_threads_where_the_graph_runs_on_a_worker() {
    let _deadline = deadline();
    let runtime = workers(2);
    let both = runtime.spawn(async { Meeting::new().both().await });
    assert_eq!(runtime.block_on(both).unwrap(), 2);
}

/// The same after another task: the tasks that one worker makes ready go to two workers.
#[dag(spawn)]
impl Later {
    async fn first(&self) {}

    #[depends(first)]
    async fn left(&self) -> u64 {
        self.meeting.meet(0)
    }

    #[depends(first)]
    async fn right(&self) -> u64 {
        self.meeting.meet(1)
    }

    #[depends(left, right)]
    async fn both(&self, left: u64, right: u64) -> u64 {
        left + right
    }
}

struct Later {
    meeting: Arc<Meeting>,
}

#[test]
fn two_tasks_that_one_makes_ready_use_two_threads() {
    let _deadline = deadline();
    let later = Arc::new(Later { meeting: Meeting::new() });
    assert_eq!(workers(2).block_on(later.both()), 2);
}

/// A blocking task that waits for a message of an inline task.
struct Stall {
    send: Sender<u64>,
    receive: std::sync::Mutex<Receiver<u64>>,
}

#[dag]
impl Stall {
    #[task(blocking)]
    fn waits(&self) -> u64 {
        self.receive.lock().unwrap().recv_timeout(LONG).expect("the inline task is under way")
    }

    async fn sends(&self) {
        tokio::task::yield_now().await;
        self.send.send(7).unwrap();
    }

    #[depends(waits, sends)]
    fn goal(&self, waits: u64) -> u64 {
        waits
    }
}

#[test]
fn a_blocking_task_does_not_stall_the_others() {
    let _deadline = deadline();
    let (send, receive) = mpsc::channel();
    let stall = Arc::new(Stall { send, receive: receive.into() });
    let runtime = Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(stall.goal()), 7);
}

/// A result that cannot be cloned: the test compares its address.
struct Large([u8; 64]);

struct Lending;

#[dag]
impl Lending {
    #[task(spawn)]
    async fn large(&self) -> Large {
        Large([7; 64])
    }

    #[depends(large)]
    #[task(spawn)]
    async fn there(&self, large: &Large) -> usize {
        std::ptr::from_ref(large).addr()
    }

    #[depends(large)]
    #[task(blocking)]
    fn elsewhere(&self, large: &Large) -> usize {
        std::ptr::from_ref(large).addr()
    }

    #[depends(large)]
    fn here(&self, large: &[u8]) -> usize {
        large.as_ptr().addr()
    }

    #[depends(there, elsewhere, here)]
    fn addresses(&self, there: usize, elsewhere: usize, here: usize) -> [usize; 3] {
        [there, elsewhere, here]
    }
}

impl std::ops::Deref for Large {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

#[test]
fn results_are_lent_to_other_threads_without_a_clone() {
    let _deadline = deadline();
    let [there, elsewhere, here] = workers(2).block_on(async { Arc::new(Lending).addresses().await });
    assert_eq!((there, elsewhere), (here, here));
}

#[test]
fn the_goal_is_handed_over_itself() {
    let _deadline = deadline();
    assert_eq!(workers(1).block_on(async { Arc::new(Lending).large().await.0 }), [7; 64]);
}

/// Reports in which task of the runtime each spawned task runs.
struct Workers;

fn worker() -> tokio::task::Id {
    tokio::task::id()
}

#[dag(spawn)]
impl Workers {
    async fn first(&self) -> tokio::task::Id {
        worker()
    }

    #[depends(first)]
    async fn second(&self) -> tokio::task::Id {
        tokio::task::yield_now().await;
        worker()
    }

    #[depends(second)]
    async fn left(&self) -> tokio::task::Id {
        worker()
    }

    #[depends(second)]
    async fn right(&self) -> tokio::task::Id {
        worker()
    }

    #[depends(first, second, left, right)]
    fn workers(
        &self,
        first: tokio::task::Id,
        second: tokio::task::Id,
        left: tokio::task::Id,
        right: tokio::task::Id,
    ) -> [tokio::task::Id; 4] {
        [first, second, left, right]
    }
}

#[test]
fn a_link_of_a_chain_runs_in_the_worker_of_the_one_before() {
    let _deadline = deadline();
    let runtime = Builder::new_current_thread().build().unwrap();
    let [first, second, ..] = runtime.block_on(async { Arc::new(Workers).workers().await });
    assert_eq!(first, second);
}

#[test]
fn under_a_limit_the_driver_starts_each_task() {
    let _deadline = deadline();
    let runtime = Builder::new_current_thread().build().unwrap();
    let run = Arc::new(Workers).run().max_concurrency(1);
    let [first, second, ..] = *runtime.block_on(run.workers());
    assert_ne!(first, second);
}

macro_rules! chain {
    ($chain:ident: $first:ident $($link:ident < $before:ident)*) => {
        #[dag(spawn)]
        impl $chain {
            async fn $first(&self) -> Vec<tokio::task::Id> {
                vec![worker()]
            }

            $(#[depends($before)]
            async fn $link(&self, mut $before: Vec<tokio::task::Id>) -> Vec<tokio::task::Id> {
                $before.push(worker());
                $before
            })*
        }
    };
}

struct Chain;

chain!(Chain: a1 a2 < a1 a3 < a2 a4 < a3 a5 < a4 a6 < a5 a7 < a6 a8 < a7 a9 < a8 b1 < a9 b2 < b1 b3 < b2 b4 < b3 b5 < b4
    b6 < b5 b7 < b6 b8 < b7 b9 < b8 c1 < b9 c2 < c1 c3 < c2 c4 < c3 c5 < c4 c6 < c5 c7 < c6 c8 < c7 c9 < c8 d1 < c9 d2 < d1
    d3 < d2 d4 < d3 d5 < d4 d6 < d5 d7 < d6 d8 < d7 d9 < d8 e1 < d9 e2 < e1 e3 < e2 e4 < e3);

#[test]
fn a_long_chain_makes_way_for_others() {
    let _deadline = deadline();
    let runtime = Builder::new_current_thread().build().unwrap();
    let mut workers = runtime.block_on(async { Arc::new(Chain).e4().await });
    assert_eq!(workers.len(), 40);
    workers.dedup();
    assert_eq!(workers.len(), 2);
}

struct Many {
    times: u64,
}

/// A run of a block with tasks on other threads has no lifetime.
#[dag]
impl Many {
    #[task(spawn)]
    async fn number(&self) -> u64 {
        self.times
    }

    #[depends(number)]
    fn twice(&self, number: u64) -> u64 {
        2 * number
    }
}

#[test]
fn a_run_with_tasks_on_other_threads_can_be_spawned() {
    let _deadline = deadline();
    let runtime = workers(1);
    let run = Arc::new(Many { times: 21 }).run();
    let twice = runtime.spawn(async move { *run.twice().await });
    assert_eq!(runtime.block_on(twice).unwrap(), 42);
}

#[test]
fn an_injected_value_keeps_a_spawned_task_from_starting() {
    let _deadline = deadline();
    let run = Arc::new(Many { times: 1 }).run().with_number(4);
    // There is no runtime here, because no task needs one.
    assert_eq!(*futures::executor::block_on(run.twice()), 8);
}

/// A generic object.
struct Shared<T> {
    value: T,
}

#[dag(spawn)]
impl<T: Clone + Send> Shared<T>
where
    T: Sync,
{
    async fn value(&self) -> T {
        self.value.clone()
    }

    #[depends(value)]
    async fn pair(&self, value: &T) -> (T, T) {
        (value.clone(), self.value.clone())
    }
}

#[test]
fn the_object_may_be_generic() {
    let _deadline = deadline();
    let shared = Arc::new(Shared { value: String::from("a") });
    let runtime = workers(1);
    assert_eq!(runtime.block_on(shared.pair()), ("a".to_owned(), "a".to_owned()));
    let run = shared.run();
    assert_eq!(runtime.block_on(run.pair()), &("a".to_owned(), "a".to_owned()));
}
