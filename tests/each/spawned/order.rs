//! Which bodies are under way on other threads, and on how many pickers.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use adagio::dag;
use tokio::runtime::Handle;
use tokio::sync::Barrier;

use super::settle;
use crate::common::{deadline, yield_once};
use crate::gates::Gates;

/// Bodies that count themselves and the tasks of the runtime.
struct Wide {
    count: usize,
    now: AtomicUsize,
    most: AtomicUsize,
    tasks: AtomicUsize,
    barrier: Barrier,
}

impl Wide {
    fn new(count: usize, together: usize) -> Arc<Self> {
        let [now, most, tasks] = [0; 3].map(AtomicUsize::new);
        Arc::new(Self { count, now, most, tasks, barrier: Barrier::new(together) })
    }

    async fn body(&self) {
        self.most.fetch_max(self.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        self.tasks.fetch_max(Handle::current().metrics().num_alive_tasks(), Ordering::SeqCst);
        self.barrier.wait().await;
        self.now.fetch_sub(1, Ordering::SeqCst);
    }

    fn most(&self) -> (usize, usize) {
        (self.most.load(Ordering::SeqCst), self.tasks.load(Ordering::SeqCst))
    }
}

#[dag]
impl Wide {
    fn ids(&self) -> Vec<usize> {
        (0..self.count).collect()
    }

    #[depends(id in ids)]
    #[task(spawn)]
    async fn pages(&self, id: usize) -> usize {
        self.body().await;
        id
    }

    #[depends(id in ids)]
    #[task(spawn, max_concurrency = 8)]
    async fn rows(&self, id: usize) -> usize {
        self.body().await;
        id
    }
}

#[tokio::test]
async fn a_task_has_as_many_pickers_as_bodies_at_once() {
    let _deadline = deadline();
    let wide = Wide::new(1_000, 8);
    assert_eq!(wide.rows().await.len(), 1_000);
    assert_eq!(wide.most(), (8, 8));
    let wide = Wide::new(1_000, 5);
    assert_eq!(wide.run().max_concurrency(5).pages().await.len(), 1_000);
    assert_eq!(wide.most(), (5, 5));
}

#[tokio::test]
async fn without_a_limit_64_bodies_are_under_way() {
    let _deadline = deadline();
    let wide = Wide::new(640, 64);
    assert_eq!(wide.pages().await.len(), 640);
    assert_eq!(wide.most(), (64, 64));
}

/// Two stages and a third task share slots.
#[derive(Default)]
struct Stages {
    gates: Gates,
}

#[dag]
impl Stages {
    fn ids(&self) -> [usize; 3] {
        [0, 1, 2]
    }

    #[depends(id in ids)]
    #[task(spawn)]
    async fn pages(&self, id: usize) -> usize {
        self.gates.act("p", id).await;
        id
    }

    #[depends(page in pages)]
    #[task(spawn)]
    async fn rows(&self, page: &usize) -> usize {
        self.gates.act("r", 10 + page).await;
        *page
    }

    #[depends(row in rows)]
    async fn marks(&self, row: usize) -> usize {
        self.gates.act("m", 20 + row).await;
        row
    }

    #[task(spawn)]
    async fn other(&self) {
        self.gates.act("o", 30).await;
    }

    #[depends(marks, other)]
    fn end(&self, marks: &[usize]) -> usize {
        marks.len()
    }
}

#[tokio::test]
async fn a_body_starts_when_its_element_is_there() {
    let _deadline = deadline();
    let stages = Arc::new(Stages::default());
    let call = tokio::spawn({
        let stages = Arc::clone(&stages);
        async move { stages.end().await }
    });
    settle().await;
    let mut events = stages.gates.events();
    events.sort();
    assert_eq!(events, ["start o30", "start p0", "start p1", "start p2"]);
    for (open, expected) in [
        (1, vec!["end p1", "start r11"]),
        (11, vec!["end r11", "start m21"]),
        (0, vec!["end p0", "start r10"]),
        (21, vec!["end m21"]),
        (2, vec!["end p2", "start r12"]),
        (12, vec!["end r12", "start m22"]),
        (10, vec!["end r10", "start m20"]),
        (22, vec!["end m22"]),
        (20, vec!["end m20"]),
    ] {
        stages.gates.open([open]);
        settle().await;
        assert_eq!(stages.gates.events(), expected);
    }
    stages.gates.open([30]);
    assert_eq!(call.await.unwrap(), 3);
}

#[tokio::test]
async fn with_one_slot_elements_pass_through_all_stages() {
    let _deadline = deadline();
    let stages = Arc::new(Stages::default());
    stages.gates.open(0..40);
    let run = stages.run().max_concurrency(1);
    assert_eq!(run.rows().await.len(), 3);
    let events = stages.gates.events();
    let starts = events.iter().filter(|event| event.starts_with("start")).map(|event| &event[6..]);
    assert_eq!(starts.collect::<Vec<_>>(), ["p0", "r10", "p1", "r11", "p2", "r12"]);
}

/// Wide tasks and another with few slots.
struct Slots {
    now: AtomicUsize,
    most: AtomicUsize,
    elements: AtomicUsize,
}

impl Slots {
    async fn body(&self) {
        self.most.fetch_max(self.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        yield_once().await;
        self.now.fetch_sub(1, Ordering::SeqCst);
    }
}

#[dag(spawn, max_concurrency = 3)]
impl Slots {
    async fn ids(&self) -> Vec<usize> {
        (0..100).collect()
    }

    #[depends(id in ids)]
    async fn pages(&self, id: &usize) -> usize {
        self.body().await;
        self.elements.fetch_add(1, Ordering::SeqCst);
        *id
    }

    #[depends(id in ids)]
    #[task(inline)]
    async fn rows(&self, id: &usize) -> usize {
        self.body().await;
        *id
    }

    #[depends(ids)]
    async fn other(&self) -> usize {
        self.body().await;
        self.elements.load(Ordering::SeqCst)
    }

    #[depends(pages, rows)]
    async fn sum(&self, pages: &[usize], rows: Vec<usize>) -> usize {
        pages.iter().chain(&rows).sum()
    }
}

/// Returns how many elements of `pages` had ended when `other` ended, and how many bodies were under way at once.
async fn slots() -> (usize, usize) {
    let slots = Arc::new(Slots { now: AtomicUsize::new(0), most: AtomicUsize::new(0), elements: AtomicUsize::new(0) });
    assert_eq!(slots.sum().await, 9_900);
    slots.elements.store(0, Ordering::SeqCst);
    let run = slots.run();
    let all = run.all().await;
    assert_eq!(*all.sum, 9_900);
    (*all.other, slots.most.load(Ordering::SeqCst))
}

#[tokio::test]
async fn each_body_on_another_thread_takes_a_slot_and_lets_others_go_first() {
    let _deadline = deadline();
    let (before, most) = slots().await;
    assert!(before < 20 && most == 3, "{before} {most}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn each_body_on_one_of_several_threads_takes_a_slot() {
    let _deadline = deadline();
    assert!(slots().await.1 <= 3);
}

#[tokio::test]
async fn a_task_with_an_empty_collection_hires_nobody() {
    let _deadline = deadline();
    let wide = Wide::new(0, 1);
    let mut call = pin!(wide.pages());
    assert!(
        matches!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(pages) if pages.is_empty())
    );
}
