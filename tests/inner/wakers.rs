//! No wake-up is lost, and no wake-up polls all tasks, if the outer graph, the inner graph or both have more tasks
//! under way than are polled together.

use std::sync::Arc;

use adagio::dag;

use crate::common::{Driven, Stage};

/// A graph with one task per name, all under way at once, and a goal.
macro_rules! inner {
    ({ $name:ident } $($task:ident)*) => {
        struct $name(Arc<Stage>);

        #[dag]
        impl $name {
            $(async fn $task(&self) {
                self.0.gate(concat!("inner ", stringify!($task))).await;
            })*

            #[depends($($task),*)]
            fn goal(&self) {}
        }
    };
}

macro_rules! outer {
    ({ $name:ident $inner:ident } $($task:ident)*) => {
        struct $name(Arc<Stage>);

        #[dag]
        impl $name {
            #[task(graph)]
            fn inner(&self) -> $inner {
                $inner(Arc::clone(&self.0))
            }

            $(async fn $task(&self) {
                self.0.gate(concat!("outer ", stringify!($task))).await;
            })*

            #[depends(inner.t001)]
            async fn follower(&self) {
                self.0.act("follower").await;
            }

            #[depends(inner.goal, follower, $($task),*)]
            fn goal(&self) {}
        }

        impl $name {
            const GATES: &'static [&'static str] = &[$(concat!("outer ", stringify!($task))),*];
        }
    };
}

/// The gates of an inner graph.
macro_rules! gates {
    ({ $name:ident } $($task:ident)*) => {
        const $name: &[&str] = &[$(concat!("inner ", stringify!($task))),*];
    };
}

names!(32 => inner { Narrow });
names!(65 => inner { Wide });
names!(32 => gates { NARROW });
names!(65 => gates { WIDE });
names!(32 => outer { NarrowInNarrow Narrow });
names!(65 => outer { NarrowInWide Narrow });
names!(32 => outer { WideInNarrow Wide });
names!(65 => outer { WideInWide Wide });

/// Opens all gates, one per poll, in its own order. No task may be polled more often than necessary.
macro_rules! check {
    ($name:ident $inner:ident as $kind:ident) => {{
        let outer = $name(Arc::default());
        let mut goal = check!(@$kind outer);
        assert!(goal.poll().is_pending());
        let mut gates: Vec<&str> = $inner.iter().chain($name::GATES).copied().collect();
        // Every seventh: 7 divides none of the numbers of gates.
        let count = gates.len();
        gates = (0..count).map(|place| gates[place * 7 % count]).collect();
        for gate in gates {
            let wakes = goal.wakes();
            outer.0.open(gate);
            assert_eq!(goal.wakes(), wakes + 1, "the wake of `{gate}` is not lost");
            assert!(goal.poll().is_pending());
            if gate == "inner t001" {
                assert!(outer.0.events().contains(&"start follower".to_owned()), "whatever else there is to do");
            }
        }
        outer.0.open("follower");
        assert!(goal.poll().is_ready());
        let polls: usize = $inner.iter().chain($name::GATES).map(|gate| outer.0.polls(gate)).sum();
        (count, polls)
    }};
    (@terminal $outer:ident) => { Driven::new($outer.goal()) };
    (@run $outer:ident) => { Driven::new(async { *$outer.run().goal().await }) };
}

#[test]
fn every_wake_is_answered_whatever_is_under_way_on_either_side() {
    check!(NarrowInNarrow NARROW as terminal);
    check!(NarrowInNarrow NARROW as run);
    check!(NarrowInWide NARROW as terminal);
    check!(NarrowInWide NARROW as run);
    check!(WideInNarrow WIDE as terminal);
    check!(WideInNarrow WIDE as run);
    check!(WideInWide WIDE as terminal);
    check!(WideInWide WIDE as run);
}

#[test]
fn two_wide_graphs_are_not_polled_whole_for_each_of_their_tasks() {
    for (count, polls) in [check!(WideInWide WIDE as terminal), check!(WideInWide WIDE as run)] {
        // Each is polled when it starts, at the first wake, with its own waker, and when it is done.
        assert!(polls <= 4 * count, "{polls} polls of {count} tasks");
    }
}
