//! The events of a run for a reader that may be slow.
#![allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "some tasks here are done at once")]

use adagio::{Event, Events, Outcome, dag};

use crate::common::{Driven, Stage, now};

#[derive(Default)]
struct Graph {
    stage: Stage,
}

#[dag]
impl Graph {
    async fn user(&self) -> u8 {
        self.stage.act("user").await;
        1
    }

    #[depends(user)]
    async fn cart(&self) -> Result<u8, &'static str> {
        Err("empty")
    }

    #[depends(cart)]
    async fn quote(&self) {}
}

fn shown(event: &Event) -> String {
    match event {
        Event::Started { task, id, attempt, .. } => format!("{task} {id} starts {attempt}"),
        Event::Finished { task, outcome: Outcome::Failed(error), .. } => format!("{task}: {error}"),
        Event::Finished { task, outcome: Outcome::Skipped { because }, .. } => format!("{task} skipped: {because}"),
        Event::Finished { task, outcome, .. } => format!("{task}: {outcome:?}"),
        Event::Missed(events) => format!("missed {events}"),
        _ => unreachable!("there are no others"),
    }
}

/// Reads to the end of all runs.
fn rest(events: &mut Events) -> Vec<String> {
    now(async {
        let mut read = Vec::new();
        while let Some(event) = events.next().await {
            read.push(shown(&event));
        }
        read
    })
}

#[test]
fn a_reader_is_woken_for_each_event_and_told_the_end() {
    let graph = Graph::default();
    let mut events = Events::new(64);
    let run = graph.run().observe(events.observer());
    let mut quote = Driven::new(run.quote());
    {
        let mut next = Driven::new(events.next());
        assert!(next.poll().is_pending());
        assert!(quote.poll().is_pending());
        assert_eq!(next.wakes(), 1);
        assert_eq!(shown(&next.run().unwrap()), "user 0 starts 1");
    }
    graph.stage.open("user");
    drop(quote);
    now(run.quote()).unwrap_err();
    drop(run);
    let expected = ["user: Done", "cart 1 starts 1", "cart: task `cart` failed", "quote skipped: cart"];
    assert_eq!(rest(&mut events), expected);
}

#[test]
fn a_slow_reader_loses_the_oldest_events_and_is_told_how_many() {
    let graph = Graph::default();
    graph.stage.open("user");
    let mut events = Events::new(2);
    let run = graph.run().observe(events.observer());
    now(run.quote()).unwrap_err();
    drop(run);
    assert_eq!(rest(&mut events), ["missed 3", "cart: task `cart` failed", "quote skipped: cart"]);
}

#[test]
fn a_run_goes_on_without_its_reader() {
    let graph = Graph::default();
    graph.stage.open("user");
    let events = Events::new(1);
    let run = graph.run().observe(events.observer());
    drop(events);
    now(run.quote()).unwrap_err();
}

#[test]
fn without_a_run_there_is_no_event() {
    assert!(now(Events::new(1).next()).is_none());
}

#[test]
#[should_panic(expected = "the capacity of `Events` is at least 1")]
fn a_capacity_of_zero_panics() {
    _ = Events::new(0);
}

#[cfg(feature = "stream")]
#[test]
fn events_are_a_stream() {
    use futures::StreamExt;
    let graph = Graph::default();
    graph.stage.open("user");
    let events = Events::new(64);
    now(graph.run().observe(events.observer()).quote()).unwrap_err();
    assert_eq!(now(StreamExt::count(events)), 5);
}
