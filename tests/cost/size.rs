//! How large the future of a terminal is.

use adagio::dag;

use crate::common::yield_once;

/// How many bytes the bookkeeping of each task may take: its place in the scheduler, the tags of its cell and of its
/// slot.
pub(crate) const A_TASK: usize = 24;
/// How many bytes a terminal takes independently of its tasks. With `tracing` and with `profile`, it takes pointers to what
/// they keep, in itself and in the driver.
pub(crate) const A_TERMINAL: usize =
    160 + if cfg!(feature = "tracing") { 24 } else { 0 } + if cfg!(feature = "profile") { 16 } else { 0 };

/// Waits while it keeps `KEPT` bytes.
async fn wait<const KEPT: usize>(input: u8) -> u8 {
    let kept = [input; KEPT];
    yield_once().await;
    kept[KEPT / 2]
}

/// A block of tasks, and the same tasks as plain methods, whose futures can be measured.
macro_rules! graph {
    (
        $graph:ident, $by_hand:ident;
        $($(#[$depends:meta])? async fn $task:ident(&$self:ident $(, $input:ident: $ty:ty)*) -> $result:ty $body:block)*
    ) => {
        struct $graph;

        #[dag]
        impl $graph {
            $($(#[$depends])? async fn $task(&$self $(, $input: $ty)*) -> $result $body)*
        }

        struct $by_hand;

        impl $by_hand {
            $(#[allow(clippy::unused_self, reason = "it is the receiver of the task")]
            async fn $task(&$self $(, $input: $ty)*) -> $result $body)*
        }
    };
}

graph! {
    Graph, ByHand;

    async fn small(&self) -> u8 {
        wait::<1>(0).await
    }

    async fn large(&self) -> [u8; 3000] {
        [wait::<10>(0).await; 3000]
    }

    #[depends(small, large)]
    async fn patient(&self, small: &u8, large: &[u8; 3000]) -> u64 {
        wait::<2000>(small + large[0]).await.into()
    }

    #[depends(patient)]
    async fn goal(&self, patient: u64) -> Result<u32, String> {
        let patient = patient.to_string();
        wait::<100>(1).await;
        patient.parse().map_err(|_| patient)
    }
}

#[test]
fn a_terminal_is_as_large_as_its_bodies_and_results() {
    // The tasks of a chain need one another, so one body is alive at a time. The other chain is `small` alone.
    let chain =
        [size_of_val(&ByHand.large()), size_of_val(&ByHand.patient(&0, &[0; 3000])), size_of_val(&ByHand.goal(0))];
    let bodies = size_of_val(&ByHand.small()) + chain.into_iter().max().unwrap_or(0);
    let results = size_of::<u8>() + size_of::<[u8; 3000]>() + size_of::<u64>() + size_of::<u32>();
    let limit = bodies + results + 4 * A_TASK + A_TERMINAL;
    // All terminals share one driver.
    for size in [size_of_val(&Graph.goal()), size_of_val(&Graph.small())] {
        assert!(size <= limit, "{size} of {limit} bytes");
    }
}

macro_rules! chain {
    ([$graph:ident] $first:ident $($task:ident)*) => {
        struct $graph;

        chain! { @ $graph $first [async fn $first(&self) -> u64 { wait::<8_192>(1).await.into() }] $($task)* }
    };
    (@ $graph:ident $before:ident [$($tasks:tt)*] $task:ident $($more:ident)*) => {
        chain! {
            @ $graph $task [
                $($tasks)*

                #[depends($before)]
                async fn $task(&self, $before: u64) -> u64 {
                    $before + u64::from(wait::<8_192>(1).await)
                }
            ] $($more)*
        }
    };
    (@ $graph:ident $last:ident [$($tasks:tt)*]) => {
        #[dag]
        impl $graph {
            $($tasks)*
        }
    };
}

chain! { [Five] a b c d e }
names! { 64 => chain [SixtyThree] }

async fn step(_: &Five, before: u64) -> u64 {
    before + u64::from(wait::<8_192>(1).await)
}

#[test]
fn bodies_that_follow_one_another_share_their_place() {
    let body = size_of_val(&step(&Five, 1));
    let (size, limit) = (size_of_val(&Five.e()), body + 5 * (size_of::<u64>() + A_TASK) + A_TERMINAL);
    assert!(size <= limit, "{size} of {limit} bytes");
    // At most 10 tasks share a place.
    let (size, limit) = (size_of_val(&SixtyThree.t063()), 7 * body + 63 * (size_of::<u64>() + A_TASK) + A_TERMINAL);
    assert!(size <= limit, "{size} of {limit} bytes");
}

macro_rules! yielding {
    ($graph:ident: $($task:ident)*) => {
        struct $graph;

        #[dag]
        impl $graph {
            $(async fn $task(&self) -> u8 {
                yield_once().await;
                1
            })*

            #[depends($($task),*)]
            fn goal(&self) -> u8 {
                1
            }
        }
    };
}

yielding! { Two: a b }
yielding! { Eighteen: a b c d e f g h i j k l m n o p q r }

#[test]
fn a_task_more_costs_its_body_its_result_and_a_little() {
    let two = size_of_val(&Two.goal());
    let eighteen = size_of_val(&Eighteen.goal());
    let body = size_of_val(&async {
        let this = &Two;
        yield_once().await;
        let Two = this;
    });
    let limit = 16 * (body + size_of::<u8>() + A_TASK);
    assert!(eighteen - two <= limit, "{} of {limit} bytes", eighteen - two);
}
