//! How many tasks of a block with `#[dag(max_concurrency = n)]` are under way at once, and which start first.

use std::task::Poll;

use adagio::dag;

use crate::common::{Driven, Stage};

/// Five leaves, then a task that needs them all.
#[derive(Default)]
struct Leaves {
    stage: Stage,
}

#[dag(max_concurrency = 2)]
impl Leaves {
    async fn a(&self) {
        self.stage.act("a").await;
    }

    async fn b(&self) {
        self.stage.act("b").await;
    }

    fn c(&self) {
        self.stage.act_at_once("c");
    }

    #[depends(b)]
    async fn d(&self) {
        self.stage.act("d").await;
    }

    async fn e(&self) {
        self.stage.act("e").await;
    }

    #[depends(a, c, d, e)]
    async fn end(&self) {
        self.stage.act("end").await;
    }
}

fn open(leaves: &Leaves, driven: &mut Driven<'_, ()>, gate: &'static str) -> Vec<String> {
    leaves.stage.open(gate);
    _ = driven.poll();
    leaves.stage.events()
}

fn a_slot_goes_to_the_first_task_that_is_ready(leaves: &Leaves, mut driven: Driven<'_, ()>) {
    assert_eq!(driven.poll(), Poll::Pending);
    assert_eq!(leaves.stage.events(), ["start a", "start b"]);
    // `d` is ready now, but `c`, which passes at once, and `d` come before `e`.
    assert_eq!(open(leaves, &mut driven, "b"), ["end b", "start c", "end c", "start d"]);
    assert_eq!(open(leaves, &mut driven, "d"), ["end d", "start e"]);
    assert!(open(leaves, &mut driven, "end").is_empty());
    assert_eq!(open(leaves, &mut driven, "a"), ["end a"]);
    assert_eq!(open(leaves, &mut driven, "e"), ["end e", "start end", "end end"]);
}

#[test]
fn a_slot_of_a_terminal_goes_to_the_first_task_that_is_ready() {
    let leaves = Leaves::default();
    a_slot_goes_to_the_first_task_that_is_ready(&leaves, Driven::new(leaves.end()));
}

#[test]
fn a_run_has_the_limit_of_its_block() {
    let leaves = Leaves::default();
    let run = leaves.run();
    a_slot_goes_to_the_first_task_that_is_ready(&leaves, Driven::new(async { *run.end().await }));
}

#[test]
fn a_run_may_have_a_limit_of_its_own() {
    let leaves = Leaves::default();
    let run = leaves.run().max_concurrency(1);
    let mut driven = Driven::new(async { *run.end().await });
    assert_eq!(driven.poll(), Poll::Pending);
    for (gate, events) in [
        ("a", &["start a"][..]),
        ("b", &["end a", "start b"]),
        ("d", &["end b", "start c", "end c", "start d"]),
        ("e", &["end d", "start e"]),
        ("end", &["end e", "start end"]),
    ] {
        assert_eq!(leaves.stage.events(), events);
        leaves.stage.open(gate);
        _ = driven.poll();
    }
    assert_eq!(leaves.stage.events(), ["end end"]);
}

/// More leaves than are polled together, and more than a word of them.
macro_rules! wide {
    ($($leaf:ident)*) => {
        #[derive(Default)]
        struct Wide {
            stage: Stage,
        }

        #[dag(max_concurrency = 40)]
        impl Wide {
            $(async fn $leaf(&self) {
                self.stage.act(stringify!($leaf)).await;
            })*

            #[depends($($leaf),*)]
            fn end(&self) {}
        }

        const LEAVES: &[&str] = &[$(stringify!($leaf)),*];
    };
}

wide! {
    a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 c0 c1 c2 c3 c4 c5 c6 c7 c8 c9 d0 d1 d2 d3 d4 d5 d6 d7 d8 d9
    e0 e1 e2 e3 e4 e5 e6 e7 e8 e9 f0 f1 f2 f3 f4 f5 f6 f7 f8 f9 g0 g1 g2 g3 g4 g5 g6 g7 g8 g9 h0 h1 h2 h3 h4 h5 h6 h7 h8 h9
}

#[test]
fn a_limit_holds_where_each_task_has_its_own_waker() {
    let wide = Wide::default();
    let mut driven = Driven::new(wide.end());
    assert_eq!(driven.poll(), Poll::Pending);
    let mut started = wide.stage.events().len();
    assert_eq!(started, 40);
    // From the last that has started to the first, so that a slot becomes free behind those that wait.
    for ended in 0..LEAVES.len() {
        let leaf = if ended < 40 { LEAVES[39 - ended] } else { LEAVES[ended] };
        wide.stage.open(leaf);
        let end = driven.poll();
        assert_eq!(end.is_ready(), ended + 1 == LEAVES.len());
        let starts: Vec<String> = LEAVES.iter().skip(started).take(1).map(|leaf| format!("start {leaf}")).collect();
        started += starts.len();
        assert_eq!(wide.stage.events(), [vec![format!("end {leaf}")], starts].concat());
    }
}
