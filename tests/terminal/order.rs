//! When a task starts, and which tasks start.
#![allow(clippy::unused_async, reason = "many tasks here are done at once")]

use std::task::Poll;

use adagio::dag;

use crate::common::{Driven, Stage, now};

/// Seven tasks: A; B(A); C; D(B, C); E(D); F(C, D); G(E, F).
#[derive(Default)]
struct Diamond {
    stage: Stage,
}

#[dag]
impl Diamond {
    async fn a(&self) {
        self.stage.act("a").await;
    }

    #[depends(a)]
    async fn b(&self) {
        self.stage.act("b").await;
    }

    async fn c(&self) {
        self.stage.act("c").await;
    }

    #[depends(b, c)]
    async fn d(&self) {
        self.stage.act("d").await;
    }

    #[depends(d)]
    async fn e(&self) {
        self.stage.act("e").await;
    }

    #[depends(c, d)]
    async fn f(&self) {
        self.stage.act("f").await;
    }

    #[depends(e, f)]
    async fn g(&self) {
        self.stage.act("g").await;
    }
}

#[test]
fn nothing_starts_before_the_first_poll() {
    let diamond = Diamond::default();
    drop(diamond.g());
    assert!(diamond.stage.events().is_empty());
}

#[test]
fn a_task_starts_in_the_poll_in_which_its_last_dependency_finished() {
    let diamond = Diamond::default();
    let stage = &diamond.stage;
    let mut g = Driven::new(diamond.g());
    assert_eq!(g.poll(), Poll::Pending);
    assert_eq!(stage.events(), ["start a", "start c"]);
    stage.open("a");
    assert_eq!(g.poll(), Poll::Pending);
    assert_eq!(stage.events(), ["end a", "start b"]);
    stage.open("c");
    assert_eq!(g.poll(), Poll::Pending);
    assert_eq!(stage.events(), ["end c"]);
    stage.open("b");
    assert_eq!(g.poll(), Poll::Pending);
    assert_eq!(stage.events(), ["end b", "start d"]);
    stage.open("d");
    assert_eq!(g.poll(), Poll::Pending);
    assert_eq!(stage.events(), ["end d", "start e", "start f"]);
    stage.open("f");
    stage.open("e");
    assert_eq!(g.poll(), Poll::Pending);
    assert_eq!(stage.events(), ["end e", "end f", "start g"]);
    stage.open("g");
    assert_eq!(g.poll(), Poll::Ready(()));
    assert_eq!(stage.events(), ["end g"]);
}

#[test]
fn a_graph_that_never_waits_is_done_in_one_poll() {
    let diamond = Diamond::default();
    for task in ["a", "b", "c", "d", "e", "f", "g"] {
        diamond.stage.open(task);
    }
    now(diamond.g());
    for task in ["a", "b", "c", "d", "e", "f", "g"] {
        assert_eq!(diamond.stage.polls(task), 1);
    }
}

#[test]
fn only_what_the_terminal_needs_runs() {
    let diamond = Diamond::default();
    let mut b = Driven::new(diamond.b());
    assert_eq!(b.poll(), Poll::Pending);
    diamond.stage.open("a");
    assert_eq!(b.poll(), Poll::Pending);
    diamond.stage.open("b");
    assert_eq!(b.poll(), Poll::Ready(()));
    assert_eq!(diamond.stage.events(), ["start a", "end a", "start b", "end b"]);

    let mut c = Driven::new(diamond.c());
    assert_eq!(c.poll(), Poll::Pending);
    assert_eq!(diamond.stage.events(), ["start c"]);
}

#[test]
fn each_call_is_a_new_run() {
    let diamond = Diamond::default();
    diamond.stage.open("a");
    now(diamond.a());
    now(diamond.a());
    assert_eq!(diamond.stage.events(), ["start a", "end a", "start a", "end a"]);
}

#[test]
fn two_terminals_at_once_are_two_runs() {
    let diamond = Diamond::default();
    let (mut first, mut second) = (Driven::new(diamond.b()), Driven::new(diamond.b()));
    assert_eq!(first.poll(), Poll::Pending);
    assert_eq!(second.poll(), Poll::Pending);
    assert_eq!(diamond.stage.events(), ["start a", "start a"]);
    diamond.stage.open("a");
    assert_eq!(second.poll(), Poll::Pending);
    assert_eq!(diamond.stage.events(), ["end a", "start b"]);
}

#[test]
fn a_wake_of_a_task_wakes_the_terminal() {
    let diamond = Diamond::default();
    let mut g = Driven::new(diamond.g());
    assert_eq!(g.poll(), Poll::Pending);
    assert_eq!(g.wakes(), 0);
    diamond.stage.open("c");
    assert_eq!(g.wakes(), 1);
}

/// Two chains of three, side by side.
#[derive(Default)]
struct Chains {
    stage: Stage,
}

#[dag]
impl Chains {
    async fn slow(&self) {
        self.stage.act("slow").await;
    }

    async fn quick(&self) {
        self.stage.act("quick").await;
    }

    #[depends(slow)]
    async fn after_slow(&self) {
        self.stage.act("after_slow").await;
    }

    #[depends(quick)]
    async fn after_quick(&self) {
        self.stage.act("after_quick").await;
    }

    #[depends(after_quick)]
    async fn last_of_quick(&self) {
        self.stage.act("last_of_quick").await;
    }

    #[depends(after_slow, last_of_quick)]
    async fn both(&self) {
        self.stage.act("both").await;
    }
}

#[test]
fn an_unrelated_slow_task_holds_nothing_up() {
    let chains = Chains::default();
    let stage = &chains.stage;
    let mut both = Driven::new(chains.both());
    for task in ["quick", "after_quick", "last_of_quick"] {
        stage.open(task);
    }
    assert_eq!(both.poll(), Poll::Pending);
    assert_eq!(
        stage.events(),
        [
            "start slow",
            "start quick",
            "end quick",
            "start after_quick",
            "end after_quick",
            "start last_of_quick",
            "end last_of_quick"
        ]
    );
    for task in ["slow", "after_slow", "both"] {
        stage.open(task);
    }
    assert_eq!(both.poll(), Poll::Ready(()));
    assert_eq!(stage.events(), ["end slow", "start after_slow", "end after_slow", "start both", "end both"]);
}

/// Source order is not topological: `last` stands first.
#[derive(Default)]
struct Shuffled {
    stage: Stage,
}

#[dag]
impl Shuffled {
    #[depends(third, first)]
    async fn last(&self) {
        self.stage.act_at_once("last");
    }

    async fn first(&self) {
        self.stage.act_at_once("first");
    }

    #[depends(fourth)]
    async fn fifth(&self) {
        self.stage.act_at_once("fifth");
    }

    #[depends(first)]
    fn second(&self) {
        self.stage.act_at_once("second");
    }

    async fn third(&self) {
        self.stage.act_at_once("third");
    }

    async fn fourth(&self) {
        self.stage.act_at_once("fourth");
    }

    #[depends(last, second, fifth)]
    async fn goal(&self) {}
}

#[test]
fn ready_tasks_start_in_topological_order() {
    // Repeatedly the first task in source order whose dependencies are all placed.
    let shuffled = Shuffled::default();
    now(shuffled.goal());
    let starts: Vec<String> = shuffled.stage.events().into_iter().filter(|event| event.starts_with("start")).collect();
    assert_eq!(starts, ["start first", "start second", "start third", "start last", "start fourth", "start fifth"]);
}

struct Inner {
    stage: Stage,
}

#[dag]
impl Inner {
    async fn leaf(&self) -> u32 {
        self.stage.act_at_once("leaf");
        1
    }

    #[depends(leaf)]
    async fn calls(&self, leaf: &u32) -> u32 {
        // In a box, like every future that contains a future of its own type.
        leaf + Box::pin(self.leaf()).await
    }
}

#[test]
fn a_terminal_inside_a_body_is_a_new_run() {
    let inner = Inner { stage: Stage::default() };
    assert_eq!(now(inner.calls()), 2);
    assert_eq!(inner.stage.events(), ["start leaf", "end leaf", "start leaf", "end leaf"]);
}
