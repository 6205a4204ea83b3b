//! Runs that are cut off at each call of their keeper and taken up again: a body that catches a failure is told the same
//! in each life, a task whose outcome is stored never runs again, and each run ends.

mod graphs;
mod shelf;

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use adagio::durable::{Durable, DurableRun};
use tokio::runtime::Builder;
use tokio::sync::Notify;
use tokio::task::yield_now;

use crate::common::deadline;
use crate::random::Random;
use graphs::{ASKERS, FALLIBLE, Number, Outer, WORLDS, World};
use shelf::{Cut, Disk, Life, Shelf};

/// Longer than any machine takes for a life.
const LONG: Duration = Duration::from_secs(120);

/// Runs one life. Returns what is stored then, how often the keeper was called, and the failures if it came to its end.
async fn live(
    number: Number,
    disk: Disk,
    cut: (usize, Cut),
    random: &mut Random,
) -> (Disk, usize, Option<Vec<String>>) {
    let world = number.world();
    world.started.lock().unwrap().clear();
    world.yields.store(random.next(), SeqCst);
    let life = Arc::new(Life {
        id: "7".into(),
        disk: Mutex::new(disk.clone()),
        earlier: disk.clone(),
        calls: AtomicUsize::new(0),
        cut,
        yields: AtomicU64::new(random.next()),
        is_dead: AtomicBool::new(false),
        died: Notify::new(),
    });
    let mut run = Arc::new(Outer(number)).durable_run();
    for (task, outcome) in &disk.outcomes {
        run = match outcome {
            Ok(result) => run.seed(task, result).unwrap(),
            Err(error) => run.seed_failure(task, Outer::GRAPH.failure(task, error.as_str())),
        };
    }
    let run = run.keep(Shelf(Arc::clone(&life)));
    // Waiters that go.
    for _ in 0..random.next() % 3 {
        let polls = random.next() % 6;
        let mut waiter = std::pin::pin!(run.result("end"));
        for _ in 0..polls {
            if polled(waiter.as_mut()).await.is_ready() {
                break;
            }
        }
    }
    let ended = tokio::time::timeout(LONG, async {
        tokio::select! {
            failures = run.complete() => Some(failures),
            () = life.died.notified() => None,
        }
    })
    .await
    .expect("it hangs");
    let failures = ended
        .filter(|_| !life.is_dead.load(SeqCst))
        .map(|failures| failures.iter().map(|error| format!("{error}: {}", error.causes())).collect());
    run.stop();
    drop(run);
    let again: Vec<_> = world.started.lock().unwrap().iter().copied().filter(|task| disk.has(task)).collect();
    assert!(again.is_empty(), "{again:?} ran again");
    let disk = life.disk.lock().unwrap().clone();
    (disk, life.calls.load(SeqCst), failures)
}

/// Polls a future once.
async fn polled<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    let poll = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await;
    yield_now().await;
    poll
}

async fn round(number: Number, random: &mut Random) {
    let few = 2 + random.next() % 6;
    let fails = FALLIBLE.into_iter().filter(|_| random.is(1, few)).collect();
    let asks = ASKERS.into_iter().filter(|_| random.is(1, 2)).collect();
    let large = FALLIBLE.into_iter().filter(|_| random.is(1, 12)).collect();
    WORLDS.lock().unwrap().insert(number.0, Arc::new(World { fails, large, asks, ..World::default() }));
    let world = number.world();
    let forever = (usize::MAX, Cut::Before);
    let mut calls = 1;
    let mut first = 1;
    while first <= calls {
        world.told.lock().unwrap().clear();
        let mut disk = Disk::default();
        let mut cut = first;
        let mut lives = Vec::new();
        for _ in 0..random.next() % 4 {
            let kind = [Cut::Before, Cut::After, Cut::Full][(random.next() % 3) as usize];
            lives.push((cut, kind));
            let (stored, made, _) = live(number, disk, (cut, kind), random).await;
            calls = calls.max(made);
            disk = stored;
            cut = 1 + (random.next() % 8) as usize;
        }
        let (disk, _, failures) = live(number, disk, forever, random).await;
        let failures = failures.expect("nothing cuts it off");
        let known = |text: &String| {
            text.ends_with("no room") || world.fails.iter().any(|task| text.contains(&format!("no {task}")))
        };
        assert!(failures.iter().all(known), "{failures:?}");
        // Tasks that were under way when all that is needed had ended may end now.
        let (_, _, again) = live(number, disk.clone(), forever, random).await;
        assert_eq!(again.as_ref(), Some(&failures), "in lives cut at {lives:?}, {:?}", disk.outcomes);
        for (task, told) in &*world.told.lock().unwrap() {
            assert_eq!(told.len(), 1, "`{task}` was told {told:#?} in lives cut at {lives:?}, {:?}", disk.outcomes);
        }
        first += 1;
    }
    WORLDS.lock().unwrap().remove(&number.0);
}

#[test]
fn each_life_tells_a_body_the_same_and_repeats_nothing() {
    let _deadline = deadline();
    let rounds = std::env::var("ADAGIO_LIVES").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(6);
    for threads in [0, 1, 3] {
        let runtime = match threads {
            0 => Builder::new_current_thread().enable_time().build().unwrap(),
            _ => Builder::new_multi_thread().worker_threads(threads).enable_time().build().unwrap(),
        };
        let mut random = Random(threads as u64);
        for seed in 0..rounds {
            let number = Number(threads as u64 * 1_000_000 + seed);
            runtime.block_on(round(number, &mut random));
        }
    }
}
