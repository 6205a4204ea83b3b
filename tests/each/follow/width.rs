//! How often bodies are polled, whatever the number of elements, and blocks with more tasks than a word has bits.

use adagio::dag;

use crate::common::{Driven, now, yield_once};
use crate::gates::Gates;

/// As many pages as a test wants, and rows of each.
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
    async fn pages(&self, id: &usize) -> usize {
        self.gates.pass(*id).await;
        *id
    }

    #[depends(page in pages)]
    async fn rows(&self, page: &usize) -> usize {
        self.gates.pass(self.count + page).await;
        *page
    }

    #[depends(id in ids)]
    #[task(max_concurrency = 8)]
    async fn yielding(&self, id: &usize) -> usize {
        for _ in 0..id % 3 {
            yield_once().await;
        }
        *id
    }

    #[depends(id in yielding)]
    #[task(max_concurrency = 40)]
    async fn yielding_again(&self, id: &usize) -> usize {
        for _ in 0..id % 5 {
            yield_once().await;
        }
        *id
    }

    #[depends(id in yielding_again)]
    fn same(&self, id: usize) -> usize {
        id
    }
}

#[test]
fn a_wake_polls_few_bodies_of_both_stages() {
    for count in [10, 100, 100_000] {
        let pages = Pages { count, ..Pages::default() };
        let mut driven = Driven::new(pages.rows());
        assert!(driven.poll().is_pending());
        assert_eq!(pages.gates.polls(), count);
        // Up to 32 bodies are polled together, and others alone: the page, and the row that starts.
        let most = if count <= 32 { 2 * count } else { 2 };
        for index in [count - 1, 0, count / 2] {
            pages.gates.open([index]);
            assert!(driven.poll().is_pending());
            assert!(pages.gates.polls() <= most);
            pages.gates.open([count + index]);
            assert!(driven.poll().is_pending());
            assert!(pages.gates.polls() <= most);
        }
        pages.gates.open(0..2 * count);
        assert_eq!(driven.run(), (0..count).collect::<Vec<_>>());
    }
}

#[test]
fn results_have_the_order_of_the_collection_in_all_stages() {
    for count in [0, 1, 2, 31, 32, 33, 64, 65, 1_000, 1_024, 2_048, 5_000] {
        let pages = Pages { count, ..Pages::default() };
        assert_eq!(Driven::new(pages.same()).run(), (0..count).collect::<Vec<_>>());
        assert_eq!(Driven::new(pages.run().same()).run(), &(0..count).collect::<Vec<_>>());
    }
}

/// A block of more than 64 tasks.
#[derive(Default)]
struct Long {
    gates: Gates,
}

macro_rules! long {
    ($($filler:ident)*) => {
        #[dag]
        impl Long {
            fn ids(&self) -> [usize; 2] {
                [0, 1]
            }

            #[depends(id in ids)]
            async fn pages(&self, id: usize) -> usize {
                self.gates.act("p", id).await;
                id
            }

            $(#[allow(dead_code, reason = "it takes a number")]
            fn $filler(&self) {})*

            #[depends(page in pages, a0, g7)]
            async fn rows(&self, page: &usize) -> usize {
                self.gates.act("r", 10 + page).await;
                *page
            }

            #[depends(row in rows)]
            fn marks(&self, row: usize) {
                self.gates.log(format!("mark {row}"));
            }
        }
    };
}

long! {
    a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 c0 c1 c2 c3 c4 c5 c6 c7 c8 c9
    d0 d1 d2 d3 d4 d5 d6 d7 d8 d9 e0 e1 e2 e3 e4 e5 e6 e7 e8 e9 f0 f1 f2 f3 f4 f5 f6 f7 f8 f9
    g0 g1 g2 g3 g4 g5 g6 g7
}

#[test]
fn a_follower_may_be_far_from_what_it_follows() {
    let long = Long::default();
    let mut driven = Driven::new(long.marks());
    assert!(driven.poll().is_pending());
    long.gates.open([1]);
    assert!(driven.poll().is_pending());
    assert_eq!(long.gates.events(), ["start p0", "start p1", "end p1", "start r11"]);
    long.gates.open([11]);
    assert!(driven.poll().is_pending());
    assert_eq!(long.gates.events(), ["end r11", "mark 1"]);
    long.gates.open([0, 10]);
    assert!(driven.poll().is_ready());
    let run = long.run().with_pages(vec![0, 1]);
    assert_eq!(now(run.marks()).len(), 2);
}
