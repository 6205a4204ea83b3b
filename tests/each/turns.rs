//! How long a poll goes on.

use std::cell::Cell;
use std::task::Poll;

use adagio::dag;

use crate::common::Driven;

/// Elements that count their polls.
struct Counting {
    count: usize,
    polls: Cell<usize>,
    ready_from: Cell<usize>,
}

#[dag(local)]
impl Counting {
    fn ids(&self) -> Vec<usize> {
        (0..self.count).collect()
    }

    /// Ends at once.
    #[depends(id in ids)]
    async fn quick(&self, id: usize) -> usize {
        self.polls.set(self.polls.get() + 1);
        id
    }

    /// Wakes itself at each poll until the number of polls is reached, as a body does that has spent tokio's budget.
    #[depends(id in ids)]
    async fn restless(&self, id: usize) -> usize {
        std::future::poll_fn(|cx| {
            self.polls.set(self.polls.get() + 1);
            if self.polls.get() >= self.ready_from.get() {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        id
    }
}

fn counting(count: usize) -> Counting {
    Counting { count, polls: Cell::new(0), ready_from: Cell::new(usize::MAX) }
}

#[test]
fn others_get_a_turn_after_1024_ends() {
    let counting = counting(3_000);
    let mut driven = Driven::new(counting.quick());
    for polls in [1_024, 2_048] {
        assert_eq!((driven.poll(), counting.polls.get()), (Poll::Pending, polls));
    }
    assert_eq!(driven.wakes(), 2);
    assert_eq!(driven.poll(), Poll::Ready((0..3_000).collect()));
}

#[test]
fn a_poll_visits_32_bodies_that_woke_themselves_and_starts_32_more() {
    let counting = counting(10_000);
    let mut driven = Driven::new(counting.restless());
    for poll in 0..10 {
        assert_eq!((driven.poll(), counting.polls.take()), (Poll::Pending, if poll == 0 { 32 } else { 64 }));
    }
    counting.ready_from.set(0);
    assert_eq!(driven.run().len(), 10_000);
    // Each body was polled once after it could end.
    assert_eq!(counting.polls.get(), 10_000);
}
