//! Spawned, blocking and inline tasks in one graph of more than 64, on several threads, with goals that come and go.
#![cfg(feature = "tokio")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use adagio::dag;
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;

/// Counts the starts of its tasks, and the tasks under way.
struct Mixed {
    starts: BTreeMap<&'static str, AtomicUsize>,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
    /// Decides how often each task yields.
    seed: usize,
}

macro_rules! graph {
    ($($root:ident)*; blocking: $($blocking:ident($($of_blocking:ident)*))*; inline: $($inline:ident($($of_inline:ident)*))*;
     spawn: $($spawned:ident($($of_spawned:ident)*))*) => {
        const NAMES: &[&str] = &[
            $(stringify!($root),)* $(stringify!($blocking),)* $(stringify!($inline),)* $(stringify!($spawned),)*
        ];

        #[dag(spawn)]
        impl Mixed {
            $(async fn $root(&self) -> u64 {
                self.act(stringify!($root), &[]).await
            })*

            $(#[depends($($of_blocking),*)]
            #[task(blocking)]
            fn $blocking(&self $(, $of_blocking: &u64)*) -> u64 {
                let _under_way = self.begin(stringify!($blocking));
                self.sum(&[$($of_blocking),*])
            })*

            $(#[depends($($of_inline),*)]
            #[task(inline)]
            async fn $inline(&self $(, $of_inline: &u64)*) -> u64 {
                self.act(stringify!($inline), &[$($of_inline),*]).await
            })*

            $(#[depends($($of_spawned),*)]
            async fn $spawned(&self $(, $of_spawned: &u64)*) -> u64 {
                self.act(stringify!($spawned), &[$($of_spawned),*]).await
            })*
        }
    };
}

graph! {
    a0 a1 a2 a3 a4 a5 a6 a7;
    blocking: b0(a0 a1) d0(c0 c1) f5(e5 e6) h2(g2 g3);
    inline: b1(a1 a2) b2(a2) c3(b3 b4) c4(b4) d5(c5 c6) e2(d2 d3) f0(e0 e1) f1(e1) g4(f4) h0(g0 g1) i3(h3 h4);
    spawn: b3(a3) b4(a4 a5) b5(a5) b6(a6 a7 b0) b7(a7 a0)
    c0(b0 b1) c1(b1) c2(b2 b3) c5(b5) c6(b6 b7) c7(b7)
    d1(c1) d2(c2 c3) d3(c3) d4(c4 c5) d6(c6) d7(c7 c0)
    e0(d0 d1) e1(d1) e3(d3 d4) e4(d4) e5(d5 d6) e6(d6) e7(d7 d0)
    f2(e2) f3(e3 e4) f4(e4) f6(e6 e7) f7(e7)
    g0(f0) g1(f1 f2) g2(f2) g3(f3) g5(f5) g6(f6) g7(f7 f0)
    h1(g1) h3(g3) h4(g4 g5) h5(g5) h6(g6 g7) h7(g7)
    i0(h0 h1) i1(h1 h2) i2(h2) i4(h4 h5) i5(h5) i6(h6 h7) i7(h7)
    left(i0 i1 i2 i3) right(i4 i5 i6 i7) goal(left right a0)
}

/// A task under way.
struct UnderWay<'m>(&'m Mixed);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Mixed {
    fn new(seed: usize) -> Arc<Self> {
        Arc::new(Self {
            starts: NAMES.iter().map(|&name| (name, AtomicUsize::new(0))).collect(),
            under_way: AtomicUsize::new(0),
            most_under_way: AtomicUsize::new(0),
            seed,
        })
    }

    fn begin(&self, task: &str) -> UnderWay<'_> {
        self.starts[task].fetch_add(1, Ordering::SeqCst);
        let under_way = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_under_way.fetch_max(under_way, Ordering::SeqCst);
        UnderWay(self)
    }

    fn sum(&self, inputs: &[&u64]) -> u64 {
        inputs.iter().copied().sum::<u64>() % 1_000_003 + self.seed as u64
    }

    async fn act(&self, task: &'static str, inputs: &[&u64]) -> u64 {
        let _under_way = self.begin(task);
        for _ in 0..task.bytes().fold(self.seed, |hash, byte| hash.wrapping_mul(31) + usize::from(byte)) % 4 {
            yield_now().await;
        }
        self.sum(inputs)
    }

    /// How often each task started.
    fn starts(&self) -> impl Iterator<Item = usize> {
        self.starts.values().map(|starts| starts.load(Ordering::SeqCst))
    }
}

fn workers() -> Runtime {
    Builder::new_multi_thread().worker_threads(4).build().unwrap()
}

/// Returns the result of the goal, computed on one thread.
fn expected(seed: usize) -> u64 {
    let goal = move || {
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(async { Mixed::new(seed).goal().await })
    };
    // A runtime cannot start inside another.
    std::thread::spawn(goal).join().unwrap()
}

/// Waits until the caller is the only owner of the object.
async fn alone(mixed: &Arc<Mixed>) {
    while Arc::strong_count(mixed) > 1 {
        yield_now().await;
    }
}

#[test]
fn the_graph_has_more_tasks_than_a_word_has_bits() {
    let _deadline = crate::common::deadline();
    assert_eq!(NAMES.len(), 75);
}

#[test]
fn each_task_runs_once_whatever_thread_makes_it_ready() {
    let _deadline = crate::common::deadline();
    let runtime = workers();
    for seed in 0..200 {
        let mixed = Mixed::new(seed);
        let goal = if seed % 2 == 0 {
            runtime.block_on(mixed.goal())
        } else {
            let mixed = Arc::clone(&mixed);
            runtime.block_on(runtime.spawn(async move { mixed.goal().await })).unwrap()
        };
        assert_eq!(goal, expected(seed));
        assert!(mixed.starts().all(|starts| starts == 1));
    }
}

#[test]
fn a_terminal_that_is_dropped_at_any_time_leaves_nothing_behind() {
    let _deadline = crate::common::deadline();
    let runtime = workers();
    runtime.block_on(async {
        for seed in 0..200 {
            let mixed = Mixed::new(seed);
            tokio::select! {
                biased;
                () = async { for _ in 0..seed { yield_now().await; } } => {}
                goal = mixed.goal() => assert_eq!(goal, expected(seed)),
            }
            alone(&mixed).await;
            assert!(mixed.starts().all(|starts| starts <= 1));
            assert_eq!(mixed.under_way.load(Ordering::SeqCst), 0);
        }
    });
}

#[test]
fn goals_of_a_run_that_come_and_go_on_many_threads_run_each_task_once() {
    let _deadline = crate::common::deadline();
    let runtime = workers();
    runtime.block_on(async {
        for seed in 0..100 {
            let mixed = Mixed::new(seed);
            let run = Arc::new(mixed.run());
            let impatient = (0..4).map(|waiter| {
                let run = Arc::clone(&run);
                tokio::spawn(async move {
                    let patience = async {
                        for _ in 0..(seed * waiter) % 50 {
                            yield_now().await;
                        }
                    };
                    tokio::select! {
                        biased;
                        () = patience => {}
                        _ = run.left() => {}
                        _ = run.h3() => {}
                    }
                })
            });
            let impatient: Vec<_> = impatient.collect();
            let goal = tokio::spawn(async move { *run.goal().await });
            for waiter in impatient {
                waiter.await.unwrap();
            }
            assert_eq!(goal.await.unwrap(), expected(seed));
            assert!(mixed.starts().all(|starts| starts == 1));
            alone(&mixed).await;
        }
    });
}

#[test]
fn a_limit_holds_for_tasks_on_other_threads() {
    let _deadline = crate::common::deadline();
    let runtime = workers();
    for limit in [1, 2, 3, 7] {
        for seed in 0..20 {
            let mixed = Mixed::new(seed);
            let run = mixed.run().max_concurrency(limit);
            assert_eq!(*runtime.block_on(run.goal()), expected(seed));
            assert!(mixed.starts().all(|starts| starts == 1));
            let most = mixed.most_under_way.load(Ordering::SeqCst);
            assert!(most <= limit, "{most} under way where {limit} may be");
        }
    }
}

#[test]
fn a_limit_of_one_runs_tasks_in_topological_order() {
    struct Ordered {
        log: std::sync::Mutex<Vec<&'static str>>,
    }
    #[dag(spawn, max_concurrency = 1)]
    impl Ordered {
        #[depends(b)]
        async fn d(&self) {
            self.log.lock().unwrap().push("d");
        }

        async fn a(&self) {
            yield_now().await;
            self.log.lock().unwrap().push("a");
        }

        #[task(blocking)]
        fn b(&self) {
            self.log.lock().unwrap().push("b");
        }

        #[task(inline)]
        async fn c(&self) {
            yield_now().await;
            self.log.lock().unwrap().push("c");
        }

        #[depends(a, b, c, d)]
        async fn all_of_them(&self) {}
    }

    let _deadline = crate::common::deadline();
    let ordered = Arc::new(Ordered { log: std::sync::Mutex::default() });
    workers().block_on(ordered.all_of_them());
    assert_eq!(*ordered.log.lock().unwrap(), ["a", "b", "d", "c"]);
}
