//! Which bodies are under way, and which a wake polls.

use std::task::Poll;

use adagio::dag;

use crate::common::{Driven, now, yield_once};
use crate::gates::Gates;

/// As many pages as a test wants, three at once or all at once.
#[derive(Default)]
struct Pages {
    count: usize,
    gates: Gates,
}

#[dag]
impl Pages {
    fn ids(&self) -> Vec<usize> {
        (0..self.count).collect()
    }

    #[depends(id in ids)]
    #[task(max_concurrency = 3)]
    async fn three_at_once(&self, id: usize) -> usize {
        self.gates.act("p", id).await;
        id * 10
    }

    #[depends(id in ids)]
    async fn all_at_once(&self, id: &usize) -> usize {
        self.gates.pass(*id).await;
        id * 10
    }

    #[depends(id in ids)]
    async fn yielding(&self, id: &usize) -> usize {
        yield_once().await;
        *id
    }

    #[depends(id in ids)]
    async fn ready(&self, id: &usize) -> usize {
        *id
    }

    #[depends(all_at_once, three_at_once)]
    fn both(&self, all_at_once: &[usize], three_at_once: &[usize]) -> bool {
        self.gates.log("both");
        all_at_once == three_at_once
    }
}

fn pages(count: usize) -> Pages {
    Pages { count, ..Pages::default() }
}

#[test]
fn an_element_starts_in_the_poll_in_which_another_ends() {
    let pages = pages(5);
    let mut driven = Driven::new(pages.three_at_once());
    assert_eq!(driven.poll(), Poll::Pending);
    assert_eq!(pages.gates.events(), ["start p0", "start p1", "start p2"]);
    pages.gates.open([1]);
    assert_eq!(driven.poll(), Poll::Pending);
    assert_eq!(pages.gates.events(), ["end p1", "start p3"]);
    pages.gates.open([2, 3, 4]);
    assert_eq!(driven.poll(), Poll::Pending);
    // The body of element 3 lies in the place of element 1.
    assert_eq!(pages.gates.events(), ["end p3", "end p2", "start p4", "end p4"]);
    pages.gates.open([0]);
    assert_eq!(driven.poll(), Poll::Ready(vec![0, 10, 20, 30, 40]));
    assert_eq!(pages.gates.events(), ["end p0"]);
}

#[test]
fn results_have_the_order_of_the_collection_whatever_ends_first() {
    for count in [0, 1, 2, 31, 32, 33, 63, 64, 65, 128, 1_000] {
        let pages = pages(count);
        let mut driven = Driven::new(pages.all_at_once());
        if count > 0 {
            assert_eq!(driven.poll(), Poll::Pending);
        }
        // Neither forwards nor backwards.
        pages.gates.open((0..count).rev().step_by(2));
        pages.gates.open(0..count);
        assert_eq!(driven.run(), (0..count).map(|id| id * 10).collect::<Vec<_>>());
        assert_eq!(now(pages.ready()).len(), count);
        assert_eq!(Driven::new(pages.yielding()).run(), (0..count).collect::<Vec<_>>());
    }
}

#[test]
fn a_dependent_starts_in_the_poll_in_which_the_last_element_ends() {
    let pages = pages(2);
    let mut driven = Driven::new(pages.both());
    assert_eq!(driven.poll(), Poll::Pending);
    pages.gates.open([0]);
    assert_eq!(driven.poll(), Poll::Pending);
    pages.gates.open([1]);
    assert_eq!(driven.poll(), Poll::Ready(true));
    assert_eq!(pages.gates.events(), ["start p0", "start p1", "end p0", "end p1", "both"]);
}

#[test]
fn up_to_32_bodies_are_polled_together() {
    let pages = pages(32);
    let mut driven = Driven::new(pages.all_at_once());
    assert_eq!(driven.poll(), Poll::Pending);
    assert_eq!(pages.gates.polls(), 32);
    pages.gates.open([7]);
    assert_eq!((driven.wakes(), driven.poll()), (1, Poll::Pending));
    assert_eq!(pages.gates.polls(), 32);
}

#[test]
fn a_wake_polls_one_of_many_bodies() {
    for count in [33, 1_000, 100_000] {
        let pages = pages(count);
        let mut driven = Driven::new(pages.all_at_once());
        assert_eq!(driven.poll(), Poll::Pending);
        assert_eq!(pages.gates.polls(), count);
        for (number, id) in [count - 1, 0, count / 2].into_iter().enumerate() {
            pages.gates.open([id]);
            assert_eq!((driven.wakes(), driven.poll()), (number + 1, Poll::Pending));
            assert_eq!(pages.gates.polls(), 1);
        }
        // A poll that nothing asked for.
        assert_eq!((driven.poll(), pages.gates.polls()), (Poll::Pending, 0));
        pages.gates.open(0..count);
        assert_eq!(driven.run().len(), count);
        assert_eq!(pages.gates.polls(), count - 3);
    }
}

#[test]
fn wakes_reach_the_waker_of_the_last_poll() {
    let pages = pages(40);
    let mut driven = Driven::new(pages.all_at_once());
    assert_eq!(driven.poll(), Poll::Pending);
    let before = driven.change_waker();
    assert_eq!(driven.poll(), Poll::Pending);
    pages.gates.open(0..40);
    assert_eq!((before.wakes(), driven.wakes()), (0, 1));
    assert_eq!(driven.run().len(), 40);
}
