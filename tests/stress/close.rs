//! Parts whose openers and closers wait, fail and panic at random, in runs that end at random: whatever opened is closed
//! exactly once, after all parts that need it.
#![cfg(feature = "tokio")]

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use adagio::{CloseError, dag};
use tokio::task::yield_now;

use crate::random::Random;

/// What an opener or a closer does after it has waited.
#[derive(Clone, Copy, PartialEq)]
enum Act {
    Succeeds,
    Fails,
    Panics,
}

#[derive(Clone, Copy)]
struct Plan {
    waits: u64,
    act: Act,
}

impl Plan {
    fn random(random: &mut Random) -> Self {
        let act = match random.next() % 12 {
            0 => Act::Fails,
            1 => Act::Panics,
            _ => Act::Succeeds,
        };
        Self { waits: random.next() % 4, act }
    }

    async fn act(self) -> Result<(), String> {
        for _ in 0..self.waits {
            yield_now().await;
        }
        match self.act {
            Act::Succeeds => Ok(()),
            Act::Fails => Err("fails".to_owned()),
            Act::Panics => panic_any("panics"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Event {
    Opened,
    Closing,
    Gone,
}

/// The plans of all parts, and the log of one round.
struct World {
    openers: BTreeMap<&'static str, Plan>,
    closers: BTreeMap<&'static str, Plan>,
    log: Arc<Mutex<Vec<(&'static str, Event)>>>,
}

/// A part that is open.
struct Part {
    name: &'static str,
    closer: Plan,
    log: Arc<Mutex<Vec<(&'static str, Event)>>>,
}

impl Part {
    async fn close(self) -> Result<(), String> {
        self.log.lock().unwrap().push((self.name, Event::Closing));
        self.closer.act().await
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.log.lock().unwrap().push((self.name, Event::Gone));
    }
}

impl World {
    fn random(names: &[&'static str], random: &mut Random) -> Self {
        let mut plans = || names.iter().map(|&name| (name, Plan::random(random))).collect();
        Self { openers: plans(), closers: plans(), log: Arc::default() }
    }

    async fn open(&self, name: &'static str) -> Result<Part, String> {
        self.openers[name].act().await?;
        self.log.lock().unwrap().push((name, Event::Opened));
        Ok(Part { name, closer: self.closers[name], log: Arc::clone(&self.log) })
    }

    /// Checks the log of a run that was closed.
    fn check(&self, edges: &[(&str, &[&str])], closed: &Result<(), CloseError>) {
        let log = self.log.lock().unwrap();
        let places = |name: &str, event: Event| -> Vec<usize> {
            (0..log.len()).filter(|&place| log[place] == (name, event)).collect()
        };
        let mut failures = Vec::new();
        for &(name, needs) in edges {
            let [opened, closing, gone] = [Event::Opened, Event::Closing, Event::Gone].map(|event| places(name, event));
            assert!(opened.len() <= 1, "{name}: {log:?}");
            assert_eq!((closing.len(), gone.len()), (opened.len(), opened.len()), "{name}: {log:?}");
            if opened.is_empty() {
                continue;
            }
            for need in needs {
                assert!(gone[0] < places(need, Event::Closing)[0], "{name} needs {need}: {log:?}");
            }
            if self.closers[name].act != Act::Succeeds {
                failures.push((name, self.closers[name].act == Act::Panics));
            }
        }
        let told = closed.as_ref().err().into_iter().flat_map(CloseError::failures);
        let mut told: Vec<_> = told.map(|failure| (failure.task(), failure.is_panic())).collect();
        told.sort_unstable();
        failures.sort_unstable();
        assert_eq!(told, failures);
    }
}

macro_rules! parts {
    ($object:ident, $edges:ident: $($(#[$option:meta])* $part:ident $(($($needed:ident)*))?)*) => {
        struct $object(World);

        const $edges: &[(&str, &[&str])] = &[$((stringify!($part), &[$($(stringify!($needed)),*)?])),*];

        #[dag]
        impl $object {
            $(
                $(#[depends($($needed),*)])?
                $(#[$option])*
                #[task(close = Part::close)]
                async fn $part(&self) -> Result<Part, String> {
                    self.0.open(stringify!($part)).await
                }
            )*
        }
    };
}

parts! { Inline, INLINE: a b c(a) d(a b) e(c) f(c d) g(e f) h(b) i(g h) }
parts! {
    Threads, THREADS:
    a #[task(spawn)] b #[task(spawn)] c(a) d(a b) #[task(spawn)] e(c) f(c d) #[task(spawn)] g(e f) #[task(spawn)] h(b)
    i(g h)
}

/// Polls a future until it ends, panics, or has been polled a number of times.
async fn poll_some<T>(future: impl Future<Output = T>, mut polls: u64) {
    let mut future = pin!(future);
    poll_fn(|cx| {
        if polls == 0 {
            return Poll::Ready(());
        }
        polls -= 1;
        catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx).map(drop))).unwrap_or(Poll::Ready(()))
    })
    .await;
}

fn names(edges: &[(&'static str, &[&str])]) -> Vec<&'static str> {
    edges.iter().map(|edge| edge.0).collect()
}

#[tokio::test]
async fn whatever_opened_on_one_thread_is_closed_once_and_in_order() {
    let _deadline = crate::common::deadline();
    let mut random = Random(7);
    for _ in 0..2_000 {
        let inline = Inline(World::random(&names(INLINE), &mut random));
        let run = inline.run();
        poll_some(run.all(), random.next() % 16).await;
        let closed = run.close().await;
        inline.0.check(INLINE, &closed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn whatever_opened_on_many_threads_is_closed_once_and_in_order() {
    let _deadline = crate::common::deadline();
    let mut random = Random(8);
    for _ in 0..2_000 {
        let threads = Arc::new(Threads(World::random(&names(THREADS), &mut random)));
        let run = threads.run();
        poll_some(run.all(), random.next() % 16).await;
        let closed = run.close().await;
        threads.0.check(THREADS, &closed);
        // Nothing of the run is left.
        assert_eq!(Arc::strong_count(&threads), 1);
    }
}
