//! A task of an inner graph that awaits the run around it.

use std::sync::OnceLock;

use adagio::dag;

use crate::common::{Driven, Stage, forever};

#[derive(Default)]
struct Shared {
    stage: Stage,
    run: OnceLock<AroundRun<'static>>,
}

struct Inside(&'static Shared);

#[dag]
impl Inside {
    async fn rate(&self) -> u64 {
        self.0.stage.gate("rate").await;
        1
    }

    async fn text(&self) -> u64 {
        *self.0.run.get().unwrap().sum().await
    }
}

struct Around(&'static Shared);

#[dag]
impl Around {
    #[task(graph)]
    fn inside(&self) -> Inside {
        Inside(self.0)
    }

    #[depends(inside.rate)]
    fn sum(&self, rate: u64) -> u64 {
        rate + 1
    }

    #[depends(inside.text)]
    fn shown(&self, text: u64) -> u64 {
        text + 1
    }
}

#[test]
fn an_inner_task_may_await_what_another_one_of_its_graph_leads_to() {
    let shared: &'static Shared = forever(Shared::default());
    let around: &'static Around = forever(Around(shared));
    let run = shared.run.get_or_init(|| around.run());
    let mut shown = Driven::new(run.shown());
    for _ in 0..3 {
        assert!(shown.poll().is_pending());
    }
    shared.stage.open("rate");
    assert_eq!(shown.run(), &3);
}
