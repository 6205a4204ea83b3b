//! The links between the spans of tasks: each follows from the dependency that released it.

use adagio::dag;

use crate::common::{Driven, Stage, now};
use crate::notes::traced;

#[derive(Default)]
struct Fans {
    stage: Stage,
}

#[dag]
impl Fans {
    async fn early(&self) {
        self.stage.act("early").await;
    }

    async fn late(&self) -> Result<(), String> {
        self.stage.act("late").await;
        Err("late".to_owned())
    }

    #[depends(early, catch late)]
    async fn one(&self) {}

    #[depends(early)]
    async fn other(&self) {}

    #[depends(one, other)]
    async fn both(&self) {}
}

#[test]
fn a_task_follows_from_the_dependency_that_ended_last() {
    traced(|notes| {
        let fans = Fans::default();
        let mut both = Driven::new(fans.both());
        assert!(both.poll().is_pending());
        fans.stage.open("early");
        assert!(both.poll().is_pending());
        assert_eq!(notes.links(), ["Fans.other follows from Fans.early"]);
        fans.stage.open("late");
        assert!(both.poll().is_ready());
        assert_eq!(notes.links(), ["Fans.one follows from Fans.late", "Fans.both follows from Fans.one"]);
    });
}

#[test]
fn a_task_of_a_run_follows_from_the_dependency_that_ended_last() {
    traced(|notes| {
        let fans = Fans::default();
        let run = fans.run();
        fans.stage.open("late");
        assert!(Driven::new(run.both()).poll().is_pending());
        fans.stage.open("early");
        now(run.both());
        let expected = ["one follows from Fans.early", "other follows from Fans.early", "both follows from Fans.other"];
        assert_eq!(notes.links(), expected.map(|link| format!("Fans.{link}")));
    });
}

#[test]
fn a_span_is_closed_once_the_tasks_that_it_released_have_begun() {
    traced(|notes| {
        let fans = Fans::default();
        let mut both = Driven::new(fans.both());
        fans.stage.open("early");
        assert!(both.poll().is_pending());
        let lines = notes.lines();
        let place = |line: &str| lines.iter().position(|it| it == line).expect(line);
        let begun = place("Fans.other begins in caller");
        assert_eq!(place("Fans.early is closed"), begun + 2, "{lines:?}");
    });
}

#[test]
fn a_task_that_waits_for_a_slot_has_no_link_and_keeps_no_span_open() {
    #[derive(Default)]
    struct Narrow {
        stage: Stage,
    }

    #[dag(max_concurrency = 1)]
    impl Narrow {
        async fn source(&self) {}

        #[depends(source)]
        async fn first(&self) {
            self.stage.act("first").await;
        }

        #[depends(source)]
        async fn second(&self) {}

        #[depends(first, second)]
        async fn last(&self) {}
    }

    traced(|notes| {
        let narrow = Narrow::default();
        let mut last = Driven::new(narrow.last());
        assert!(last.poll().is_pending());
        assert!(notes.lines().contains(&"Narrow.source is closed".to_owned()));
        narrow.stage.open("first");
        assert!(last.poll().is_ready());
        assert_eq!(notes.links(), ["Narrow.last follows from Narrow.second"]);
    });
}

#[cfg(feature = "tokio")]
mod threads {
    use std::sync::Arc;

    use super::*;
    use crate::notes::Notes;
    use crate::threads::with_workers;

    struct Away;

    /// Each task is released in another way: by a task of the driver, by one of the same worker, by one of two that a
    /// worker has made ready, and by a task of a worker that the driver waits for.
    #[dag]
    impl Away {
        async fn user(&self) {}

        #[depends(user)]
        #[task(spawn)]
        async fn cart(&self) {}

        #[depends(cart)]
        #[task(spawn)]
        async fn price(&self) {}

        #[depends(price)]
        #[task(spawn)]
        async fn tax(&self) {}

        #[depends(price)]
        #[task(blocking)]
        fn stock(&self) -> Result<(), String> {
            Err("none".to_owned())
        }

        #[depends(catch stock)]
        async fn note(&self) {}

        #[depends(tax)]
        async fn total(&self) {}

        /// The goal: what leads to it is needed from the start.
        #[depends(note, total)]
        async fn page(&self) {}
    }

    #[test]
    fn tasks_on_other_threads_follow_from_what_released_them_too() {
        let expected = [
            "Away.cart follows from Away.user",
            "Away.note follows from Away.stock",
            "Away.price follows from Away.cart",
            "Away.stock follows from Away.price",
            "Away.tax follows from Away.price",
            "Away.total follows from Away.tax",
        ];
        for round in 0..50 {
            let notes = Notes::default();
            with_workers(&notes, async {
                let away = Arc::new(Away);
                if round % 2 == 0 {
                    away.page().await;
                } else {
                    away.run().page().await;
                }
            });
            let mut links = notes.links();
            links.sort();
            let last = links.remove(2);
            assert!(last.starts_with("Away.page follows from"), "{last}");
            assert_eq!(links, expected, "round {round}");
        }
    }
}
