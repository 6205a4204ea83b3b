//! All results of a run at once.
#![allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "many tasks here are done at once")]
#![deny(dead_code, reason = "awaiting all is a use of every task")]

use std::task::Poll;

use adagio::dag;

use crate::common::{Driven, Stage, now};

#[derive(Default)]
struct Sound {
    stage: Stage,
}

/// Not `Clone`.
#[derive(Debug, PartialEq)]
struct Text(String);

#[dag]
impl Sound {
    async fn name(&self) -> Text {
        self.stage.act("name").await;
        Text("name".to_owned())
    }

    #[depends(name)]
    fn r#type(&self, name: &Text) -> usize {
        self.stage.act_at_once("type");
        name.0.len()
    }

    async fn nothing(&self) {
        self.stage.act_at_once("nothing");
    }
}

#[test]
fn all_runs_every_task_and_lends_every_result() {
    let sound = Sound::default();
    sound.stage.open("name");
    let run = sound.run();
    let SoundOutputs { name, r#type, nothing } = now(run.all());
    assert_eq!((name, r#type, nothing), (&Text("name".to_owned()), &4, &()));
    assert_eq!(
        sound.stage.events(),
        ["start name", "end name", "start type", "end type", "start nothing", "end nothing"]
    );
    assert!(std::ptr::eq(name, now(run.name())));
    now(run.nothing());
    now(run.all());
    assert!(sound.stage.events().is_empty());
}

#[test]
fn all_may_be_awaited_beside_others() {
    let sound = Sound::default();
    let run = sound.run();
    let (mut all, mut length) = (Driven::new(run.all()), Driven::new(run.r#type()));
    assert!(all.poll().is_pending() && length.poll().is_pending());
    assert_eq!(sound.stage.events(), ["start name", "start nothing", "end nothing"]);
    sound.stage.open("name");
    assert_eq!((all.wakes(), length.wakes()), (1, 1));
    assert_eq!(length.poll(), Poll::Ready(&4));
    assert_eq!(all.poll().map(|outputs| *outputs.r#type), Poll::Ready(4));
}

#[test]
fn outputs_are_debug_where_their_results_are() {
    let sound = Sound::default();
    sound.stage.open("name");
    let run = sound.run();
    let text = format!("{:?}", now(run.all()));
    assert_eq!(text, r#"SoundOutputs { name: Text("name"), type: 4, nothing: () }"#);
}

#[test]
fn outputs_are_copied_where_their_results_are_not() {
    let sound = Sound::default();
    sound.stage.open("name");
    let run = sound.run();
    let outputs = now(run.all());
    let copy = outputs;
    assert!(std::ptr::eq(copy.name, outputs.name));
}

#[derive(Default)]
struct Fallible {
    stage: Stage,
}

struct NotDebug;

#[dag]
impl Fallible {
    async fn left(&self) -> Result<NotDebug, String> {
        self.stage.act("left").await;
        Err("left".to_owned())
    }

    async fn right(&self) -> Result<u8, &'static str> {
        self.stage.act("right").await;
        Err("right")
    }

    #[task(catch)]
    async fn caught(&self) -> Result<u8, &'static str> {
        Err("caught")
    }

    async fn sound(&self) -> u8 {
        self.stage.act("sound").await;
        1
    }

    #[depends(sound, left)]
    async fn after(&self, sound: u8) -> u8 {
        self.stage.act("after").await;
        sound
    }
}

#[test]
fn the_first_failure_in_time_is_what_all_gives() {
    for (first, second) in [("left", "right"), ("right", "left")] {
        let fallible = Fallible::default();
        let run = fallible.run();
        let mut all = Driven::new(run.all());
        assert!(all.poll().is_pending());
        fallible.stage.open(first);
        let Poll::Ready(Err(error)) = all.poll() else { panic!("all waits on") };
        assert_eq!(error.task(), first);
        fallible.stage.open(second);
        assert!(Driven::new(run.sound()).poll().is_pending());
        assert_eq!(now(run.all()).map(|_| ()).unwrap_err().task(), first);
    }
}

#[test]
fn all_of_a_fallible_graph_gives_the_ok_values_and_what_is_caught() {
    let fallible = Fallible::default();
    fallible.stage.open("sound");
    fallible.stage.open("after");
    let run = fallible.run().with_left(NotDebug).with_right(7);
    let FallibleOutputs { left: NotDebug, right, caught, sound, after } = now(run.all()).unwrap();
    assert_eq!((right, caught, sound, after), (&7, &Err("caught"), &1, &1));
}

#[test]
fn what_all_wanted_goes_on_after_a_failure() {
    let fallible = Fallible::default();
    let run = fallible.run();
    let mut all = Driven::new(run.all());
    assert!(all.poll().is_pending());
    fallible.stage.open("left");
    assert!(all.poll().is_ready());
    fallible.stage.events();
    fallible.stage.open("right");
    fallible.stage.open("sound");
    assert_eq!(now(run.sound()), &1);
    assert_eq!(fallible.stage.events(), ["end right", "end sound"]);
}

#[test]
fn all_goes_on_where_a_repaired_run_has_stopped() {
    let fallible = Fallible::default();
    fallible.stage.open("left");
    let run = fallible.run().with_right(1);
    assert!(now(run.all()).is_err());
    run.retry_failed();
    let mut all = Driven::new(run.all());
    assert!(matches!(all.poll(), Poll::Ready(Err(_))));
    assert_eq!(fallible.stage.events(), ["start left", "end left", "start sound", "start left", "end left"]);
}

#[test]
fn a_run_shows_each_failure_once() {
    let fallible = Fallible::default();
    for gate in ["left", "right", "sound"] {
        fallible.stage.open(gate);
    }
    let run = fallible.run();
    assert_eq!(now(run.settle()).len(), 2);
    // `left` has blocked `after`, too.
    assert_eq!(format!("{run:?}"), r#"FallibleRun { done: ["caught", "sound"], failed: ["left", "right"] }"#);
}
