//! The slots of `#[dag(max_concurrency = n)]` and of a run: each body takes one, the task itself none.

use std::task::Poll;

use adagio::dag;

use crate::common::Driven;
use crate::gates::Gates;

/// Two wide tasks and two others share three slots.
#[derive(Default)]
struct Shared {
    gates: Gates,
}

#[dag(max_concurrency = 3)]
impl Shared {
    fn ids(&self) -> [usize; 4] {
        [0, 1, 2, 3]
    }

    #[depends(id in ids)]
    async fn wide(&self, id: usize) {
        self.gates.act("w", id).await;
    }

    async fn other(&self) {
        self.gates.act("o", 10).await;
    }

    #[depends(id in ids)]
    #[task(max_concurrency = 1)]
    async fn narrow(&self, id: usize) {
        self.gates.act("n", 20 + id).await;
    }

    #[depends(wide, other, narrow)]
    fn end(&self) {}

    #[depends(id in ids)]
    fn called(&self, id: usize) {
        self.gates.log(format!("call {id}"));
    }

    #[depends(wide, called)]
    fn wide_and_called(&self) {}
}

fn after<T>(shared: &Shared, driven: &mut Driven<'_, T>, open: usize) -> Vec<String> {
    shared.gates.open([open]);
    drop(driven.poll());
    shared.gates.events()
}

#[test]
fn each_body_takes_a_slot_and_the_task_none() {
    let shared = Shared::default();
    let mut driven = Driven::new(shared.end());
    assert_eq!(driven.poll(), Poll::Pending);
    // `other` and `narrow` are not dependent on `ids` and have higher numbers.
    assert_eq!(shared.gates.events(), ["start w0", "start w1", "start w2"]);
    // `wide` has had slots: the others that wait come first, and then each wide task in its turn.
    assert_eq!(after(&shared, &mut driven, 1), ["end w1", "start o10"]);
    assert_eq!(after(&shared, &mut driven, 0), ["end w0", "start n20"]);
    assert_eq!(after(&shared, &mut driven, 2), ["end w2", "start w3"]);
    assert_eq!(after(&shared, &mut driven, 3), ["end w3"]);
    assert_eq!(after(&shared, &mut driven, 20), ["end n20", "start n21"]);
    assert_eq!(after(&shared, &mut driven, 21), ["end n21", "start n22"]);
    assert_eq!(after(&shared, &mut driven, 22), ["end n22", "start n23"]);
    assert_eq!(after(&shared, &mut driven, 23), ["end n23"]);
    shared.gates.open([10]);
    assert_eq!(driven.poll(), Poll::Ready(()));
}

#[test]
fn the_limit_of_a_run_counts_bodies() {
    let shared = Shared::default();
    let run = shared.run().max_concurrency(2);
    let mut driven = Driven::new(run.wide());
    driven.settle();
    assert_eq!(shared.gates.events(), ["start w0", "start w1"]);
    assert_eq!(after(&shared, &mut driven, 0), ["end w0", "start w2"]);
    shared.gates.open([1, 2, 3]);
    driven.run();
    assert_eq!(shared.gates.events(), ["end w2", "end w1", "start w3", "end w3"]);
}

#[test]
fn a_plain_function_takes_one_slot_for_all_elements() {
    let shared = Shared::default();
    let mut driven = Driven::new(shared.wide_and_called());
    assert_eq!(driven.poll(), Poll::Pending);
    // All slots are taken.
    assert_eq!(shared.gates.events(), ["start w0", "start w1", "start w2"]);
    let calls = ["call 0", "call 1", "call 2", "call 3"];
    assert_eq!(after(&shared, &mut driven, 0), [&["end w0"], &calls[..], &["start w3"]].concat());
}
